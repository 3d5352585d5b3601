import type { Definition, Language } from '../definition.ts'
import { OutlineBuilder } from './outline-builder.ts'

/** Sections of a single-file component that are listed. */
const SECTIONS: ReadonlySet<string> = new Set(['script', 'style', 'template'])

/** A component's parts. */
export interface Component {
  /** The text of its scripts with line numbers kept and all other lines empty; undefined without a script. */
  readonly script: { readonly text: string; readonly language: Language } | undefined
  readonly sections: readonly Definition[]
}

/**
 * Splits a Vue, Svelte or Astro component, or an HTML page, into its parts. A section's tag must start its line, which
 * is how components are written. Astro's front matter is a TypeScript script.
 */
export function readComponent(text: string, { hasFrontMatter = false } = {}): Component {
  const lines = text.split(/\r?\n/)
  const outline = new OutlineBuilder()
  const script = lines.map(() => '')
  const languages = new Set<Language>()
  let row = 0
  if (hasFrontMatter && lines[0]?.trim() === '---') {
    const end = lines.findIndex((line, at) => at > 0 && line.trim() === '---')
    row = end === -1 ? lines.length : end + 1
    outline.add('block', 'front matter', [0, row - 1])
    copy(lines, script, [1, row - 2])
    languages.add('typescript')
  }
  for (; row < lines.length; row++) {
    const tag = /^(\s*)<(script|style|template)\b/.exec(lines[row] ?? '')
    if (tag === null || !SECTIONS.has(tag[2] ?? '')) continue
    const [, indent = '', name = ''] = tag
    // An indented template is part of the component's own template section.
    if (name === 'template' && indent !== '') continue
    const head = headFrom(lines, row)
    const end = endOfSection(lines, { name, indent, row: head.row, rest: head.rest })
    outline.add('block', name, [row, end])
    const language = name === 'script' ? languageOfScript(head.tag) : undefined
    if (language !== undefined) {
      languages.add(language)
      if (end === head.row) script[end] = head.rest.slice(0, Math.max(0, head.rest.indexOf('</script')))
      else copy(lines, script, [head.row + 1, end - 1])
    }
    row = end
  }
  const sections = outline.finish(lines.length - 1)
  const language = (['tsx', 'typescript', 'javascript'] as const).find((one) => languages.has(one))
  return { sections, script: language === undefined ? undefined : { text: script.join('\n'), language } }
}

function copy(from: readonly string[], to: string[], [first, last]: readonly [number, number]): void {
  for (let row = first; row <= last; row++) to[row] = from[row] ?? ''
}

/** An opening tag, which may span several lines. */
function headFrom(lines: readonly string[], first: number): { tag: string; row: number; rest: string } {
  let tag = ''
  for (let row = first; row < Math.min(lines.length, first + 20); row++) {
    const line = lines[row] ?? ''
    const end = line.indexOf('>')
    if (end !== -1) return { tag: `${tag}${line.slice(0, end)}`, row, rest: line.slice(end + 1) }
    tag += `${line} `
  }
  return { tag, row: first, rest: '' }
}

/** The row of the closing tag. A template's closing tag is in the column of its opening tag. */
function endOfSection(
  lines: readonly string[],
  { name, indent, row, rest }: { name: string; indent: string; row: number; rest: string },
): number {
  if (rest.includes(`</${name}`)) return row
  const isEnd = (line: string): boolean =>
    name === 'template' ? line.startsWith(`${indent}</template`) : line.includes(`</${name}`)
  for (let at = row + 1; at < lines.length; at++) if (isEnd(lines[at] ?? '')) return at
  return lines.length - 1
}

/** Undefined for a script that is data, such as JSON. */
function languageOfScript(tag: string): Language | undefined {
  const language = /\slang\s*=\s*["']?(\w+)/.exec(tag)?.[1]
  if (language === 'ts' || language === 'typescript') return 'typescript'
  if (language === 'tsx' || language === 'jsx') return 'tsx'
  const type = /\stype\s*=\s*["']?([\w/+.-]+)/.exec(tag)?.[1]
  const isCode = type === undefined || /^(?:module|text\/javascript|application\/javascript|text\/babel)$/.test(type)
  return isCode ? 'javascript' : undefined
}
