import { shown } from './data.ts'

/** UTF-8 bytes counted as one token. This overestimates most code and is safe for every script. */
export const TOKEN_BYTES = 3

/** Tokens of a result: the larger of its text and its structured form. */
export function tokensOf(structured: unknown, text: string): number {
  const bytes = Math.max(Buffer.byteLength(JSON.stringify(structured)), Buffer.byteLength(text))
  return Math.ceil(bytes / TOKEN_BYTES)
}

/** The first lines of a text that fit into `maxBytes` both as a block and as JSON, and how many lines are left. */
export function firstLines(text: string, maxBytes: number): { readonly text: string; readonly left: number } {
  const lines = text.split('\n')
  let bytes = 0
  for (const [index, line] of lines.entries()) {
    // In JSON a line end takes two bytes, as many as the quotes that `stringify` adds.
    bytes += Math.max(Buffer.byteLength(JSON.stringify(line)), Buffer.byteLength(shown(line)) + 2)
    if (bytes > maxBytes) return { text: lines.slice(0, index).join('\n'), left: lines.length - index }
  }
  return { text, left: 0 }
}
