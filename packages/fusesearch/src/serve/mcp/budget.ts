import { shown } from './data.ts'

/** A token is counted as three bytes of UTF-8, which overstates most code and fits every script. */
export const TOKEN_BYTES = 3

/** Tokens of an answer, its text and its structured form each taken alone: the larger of the two. */
export function tokensOf(structured: unknown, text: string): number {
  const bytes = Math.max(Buffer.byteLength(JSON.stringify(structured)), Buffer.byteLength(text))
  return Math.ceil(bytes / TOKEN_BYTES)
}

/** The first lines of a text that fit into so many bytes, both as a block shows them and as JSON, and how many don't. */
export function firstLines(text: string, maxBytes: number): { readonly text: string; readonly left: number } {
  const lines = text.split('\n')
  let bytes = 0
  for (const [index, line] of lines.entries()) {
    // The quotes of the JSON form stand for the line end, which takes two bytes there.
    bytes += Math.max(Buffer.byteLength(JSON.stringify(line)), Buffer.byteLength(shown(line)) + 2)
    if (bytes > maxBytes) return { text: lines.slice(0, index).join('\n'), left: lines.length - index }
  }
  return { text, left: 0 }
}
