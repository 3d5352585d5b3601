import type { Merged } from './merged.ts'

const START = '<!-- fusesearch: `fusesearch init` wrote this section and replaces it -->'
const END = '<!-- /fusesearch -->'

/** Adds our section at the end of a Markdown file, or replaces the one between our two marks. */
export function mergeSection(text: string, section: string): Merged {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const ours = [START, section.trim(), END].join('\n').replaceAll('\n', newline)
  const place = findSection(text)
  if (place === undefined) {
    const gap = text === '' ? '' : text.endsWith('\n') ? newline : newline.repeat(2)
    return { kind: 'change', text: `${text}${gap}${ours}${newline}` }
  }
  const merged = text.slice(0, place.start) + ours + text.slice(place.end)
  return merged === text ? { kind: 'unchanged' } : { kind: 'change', text: merged }
}

/** Removes our section, and the empty line before it. */
export function removeSection(text: string): Merged {
  const place = findSection(text)
  if (place === undefined) return { kind: 'unchanged' }
  const before = text.slice(0, place.start).replace(/(\r?\n)\r?\n$/, '$1')
  return { kind: 'change', text: before + text.slice(place.end).replace(/^\r?\n/, '') }
}

function findSection(text: string): { start: number; end: number } | undefined {
  const start = text.indexOf(START)
  const end = text.indexOf(END, start)
  return start === -1 || end === -1 ? undefined : { start, end: end + END.length }
}
