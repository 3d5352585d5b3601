/** Longer lines are data or minified code; an outline treats them as empty. */
export const MAX_OUTLINED_LINE_CHARS = 2_000

/** Patterns for heads see only this many characters of a line, so that none can take long. */
export const MAX_HEAD_CHARS = 300

/** The lines of a text without line ends; too long lines become empty. A final line end starts no further line. */
export function outlinedLines(text: string): string[] {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  if (lines[0]?.startsWith('\uFEFF')) lines[0] = lines[0].slice(1)
  return lines.map((line) => (line.length > MAX_OUTLINED_LINE_CHARS ? '' : line))
}

/** Columns before the first non-blank character; a tab counts as one. */
export function indentOf(line: string): number {
  const at = line.search(/\S/)
  return at === -1 ? line.length : at
}

/** How a language writes comments and strings, in which brackets must not count. */
export interface Lexis {
  /** What begins a comment up to the end of the line. */
  readonly comments: readonly string[]
  /** Start and end of multi-line comments. */
  readonly blockComment?: readonly [string, string]
  /** Characters that open and close a string. Most strings end with their line. */
  readonly quotes: string
  /** Those of them whose strings can span lines. */
  readonly longQuotes?: string
}

/**
 * The lines with comments and strings replaced by spaces, so that the code keeps its columns. One pass over the
 * characters.
 */
export function codeOf(lines: readonly string[], lexis: Lexis): string[] {
  /** The end of the multi-line comment or string that is open at the start of the next line. */
  let until: string | undefined
  return lines.map((line) => {
    let code = ''
    for (let at = 0; at < line.length; ) {
      if (until !== undefined) {
        const end = endOf(line, at, until)
        code += ' '.repeat(end.next - at)
        at = end.next
        if (end.isFound) until = undefined
        continue
      }
      const char = line[at] ?? ''
      if (lexis.blockComment !== undefined && line.startsWith(lexis.blockComment[0], at)) {
        until = lexis.blockComment[1]
        code += ' '.repeat(lexis.blockComment[0].length)
        at += lexis.blockComment[0].length
      } else if (beginsComment(line, at, lexis)) {
        break
      } else if (lexis.quotes.includes(char)) {
        const end = endOf(line, at + 1, char)
        if (!end.isFound && lexis.longQuotes?.includes(char)) until = char
        code += ' '.repeat(end.next - at)
        at = end.next
      } else {
        code += char
        at++
      }
    }
    return code
  })
}

/** A `#` inside a word starts no comment: `$#list`, `color: #fff`. */
function beginsComment(line: string, at: number, { comments }: Lexis): boolean {
  const mark = comments.find((start) => line.startsWith(start, at))
  return mark !== undefined && (mark !== '#' || at === 0 || /[\s;{}()]/.test(line[at - 1] ?? ''))
}

/** Where a string or comment ends: after `end`, or with the line. A backslash escapes the next character. */
function endOf(line: string, from: number, end: string): { next: number; isFound: boolean } {
  for (let at = from; at < line.length; at++) {
    if (line[at] === '\\' && end.length === 1) at++
    else if (line.startsWith(end, at)) return { next: at + end.length, isFound: true }
  }
  return { next: line.length, isFound: false }
}

/** The last row from `first` to `row` that is neither blank nor only a comment. */
export function lastFilledRow(
  lines: readonly string[],
  [first, row]: readonly [number, number],
  comment = '#',
): number {
  let last = row
  while (last > first && isBlankOrComment(lines[last] ?? '', comment)) last--
  return last
}

function isBlankOrComment(line: string, comment: string): boolean {
  const text = line.trimStart()
  return text === '' || (comment !== '' && text.startsWith(comment))
}
