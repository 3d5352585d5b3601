import type { Definition } from '../definition.ts'
import { lastFilledRow, outlinedLines } from './lines.ts'
import { type EntryKind, OutlineBuilder } from './outline-builder.ts'

interface Heading {
  readonly level: number
  readonly name: string
  readonly row: number
  readonly kind?: EntryKind
}

/** Sections from headings. A section ends before the next heading of the same or a higher level. */
function sectionsOf(headings: readonly Heading[], lines: readonly string[]): Definition[] {
  const outline = new OutlineBuilder()
  const levels: { level: number; row: number }[] = []
  const closeTo = (level: number, row: number): void => {
    for (let last = levels.at(-1); last !== undefined && last.level >= level; last = levels.at(-1)) {
      outline.close(lastFilledRow(lines, [last.row, row], ''))
      levels.pop()
    }
  }
  for (const { level, name, row, kind = 'block' } of headings) {
    closeTo(level, row - 1)
    outline.open(kind, name, row)
    levels.push({ level, row })
  }
  closeTo(0, lines.length - 1)
  return outline.finish(lines.length - 1)
}

/** `# Heading`, or a line underlined by `===` or `---`; not inside fences and front matter. */
export function outlineMarkdown(text: string): Definition[] {
  const lines = outlinedLines(text)
  const headings: Heading[] = []
  let fence: string | undefined
  for (let row = frontMatterEnd(lines); row < lines.length; row++) {
    const line = lines[row] ?? ''
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence !== undefined) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = undefined
      continue
    }
    if (mark !== undefined) {
      fence = mark
      continue
    }
    const level = /^ {0,3}(#{1,6})(?:\s|$)/.exec(line)?.[1]?.length
    if (level !== undefined) headings.push({ level, name: atxName(line), row })
    else if (isUnderlined(lines, row))
      headings.push({ level: lines[row + 1]?.startsWith('=') ? 1 : 2, name: plainText(line), row })
  }
  return sectionsOf(headings, lines)
}

function frontMatterEnd(lines: readonly string[]): number {
  if (lines[0]?.trimEnd() !== '---') return 0
  const end = lines.indexOf('---', 1)
  return end === -1 ? 0 : end + 1
}

/** A heading's text without `#` at both ends, anchors in braces and markup. */
function atxName(line: string): string {
  const text = line.trim().replace(/^#+/, '').trim()
  const end = text.search(/\s#+$|\s?\{#[\w-]*\}$/)
  return plainText(end === -1 ? text : text.slice(0, end))
}

const IMAGE = /!\[[^[\]]{0,200}\](?:\([^()]{0,500}\)|\[[^[\]]{0,200}\])/g
const LINK = /\[([^[\]]{0,200})\](?:\([^()]{0,500}\)|\[[^[\]]{0,200}\])/g

/** Of a title, without images such as badges; of links, only their texts. */
function plainText(title: string): string {
  return title.replace(IMAGE, '').replace(LINK, '$1').replaceAll('`', '').trim()
}

function isUnderlined(lines: readonly string[], row: number): boolean {
  const line = lines[row] ?? ''
  const isUnderline = /^(?:={2,}|-{3,})\s*$/.test(lines[row + 1] ?? '')
  return isUnderline && /^ {0,3}[^\s\-=>|#*+<]/.test(line) && (row === 0 || (lines[row - 1] ?? '').trim() === '')
}

const RST_LINE = /^([=\-~^"'`#*+:._<>])\1{2,}\s*$/

/** Lines with an underline, and perhaps an overline. A sign's level is the order in which the signs first appear. */
export function outlineRst(text: string): Definition[] {
  const lines = outlinedLines(text)
  const headings: Heading[] = []
  const styles: string[] = []
  for (let row = 0; row + 1 < lines.length; row++) {
    const line = lines[row] ?? ''
    const sign = RST_LINE.exec(lines[row + 1] ?? '')?.[1]
    const isTitle = sign !== undefined && line.trim() !== '' && !RST_LINE.test(line)
    const isOver = sign !== undefined && RST_LINE.exec(lines[row - 1] ?? '')?.[1] === sign
    if (!isTitle || (!isOver && line.startsWith(' ')) || (lines[row + 1] ?? '').trimEnd().length < line.trim().length)
      continue
    const style = `${sign}${isOver}`
    if (!styles.includes(style)) styles.push(style)
    headings.push({ level: styles.indexOf(style) + 1, name: line, row })
    row++
  }
  return sectionsOf(headings, lines)
}

/** `== Heading` of AsciiDoc, `* Heading` of Org, `= Heading` of Typst, outside of blocks of source. */
export function outlineByMarks(text: string, mark: '=' | '*'): Definition[] {
  const lines = outlinedLines(text)
  const headings: Heading[] = []
  let isSource = false
  for (const [row, line] of lines.entries()) {
    if (/^(?:-{4,}|\.{4,}|={4,}|`{3,}.*)\s*$|^#\+(?:begin|end)_/i.test(line)) isSource = !isSource
    let level = 0
    while (line[level] === mark) level++
    if (!isSource && level > 0 && level < 7 && line[level] === ' ')
      headings.push({ level, name: line.slice(level), row })
  }
  return sectionsOf(headings, lines)
}

const LATEX_LEVELS = ['part', 'chapter', 'section', 'subsection', 'subsubsection', 'paragraph']

/** `\section{…}` and its relatives. */
export function outlineLatex(text: string): Definition[] {
  const lines = outlinedLines(text)
  const headings = lines.flatMap((line, row): Heading[] => {
    const found = /^\s*\\(part|chapter|section|subsection|subsubsection|paragraph)\*?(?:\[[^\]]*\])?\{([^}]*)\}/.exec(
      line,
    )
    return found === null ? [] : [{ level: LATEX_LEVELS.indexOf(found[1] ?? '') + 1, name: found[2] ?? '', row }]
  })
  return sectionsOf(headings, lines)
}

/** Features, rules and scenarios of Gherkin. */
export function outlineGherkin(text: string): Definition[] {
  const lines = outlinedLines(text)
  const headings = lines.flatMap((line, row): Heading[] => {
    const found = /^\s*(Feature|Rule|Background|Scenario Outline|Scenario Template|Scenario|Example):(.*)$/.exec(line)
    if (found === null) return []
    const [, word = '', title = ''] = found
    const level = word === 'Feature' ? 1 : word === 'Rule' ? 2 : 3
    return [{ level, name: title.trim() || word, row, kind: level < 3 ? 'class' : 'function' }]
  })
  return sectionsOf(headings, lines)
}
