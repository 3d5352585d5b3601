/** A line of a JSONL text, counted from 1: its value, or what is wrong with it. */
export type JsonLine =
  | { readonly ok: true; readonly line: number; readonly value: unknown }
  | {
      readonly ok: false
      readonly line: number
      readonly message: string
      /** The last line, without its newline: a writer was stopped in the middle of it. */
      readonly isTorn: boolean
    }

/** Reads JSONL line by line; blank lines are skipped but counted, and a byte order mark is ignored. */
export function* readJsonLines(text: string): Generator<JsonLine> {
  let start = text.startsWith('\uFEFF') ? 1 : 0
  for (let line = 1; start < text.length; line++) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const source = text.slice(start, end)
    start = end + 1
    if (source.trim() === '') continue
    yield parseLine(source, line, newline === -1)
  }
}

/** Writes a value as one line of JSONL, its newline included. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}

function parseLine(source: string, line: number, isLast: boolean): JsonLine {
  try {
    return { ok: true, line, value: JSON.parse(source) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, line, message, isTorn: isLast }
  }
}
