import type { Piece } from '../rg/pieces.ts'
import { forEachLine } from './line-store.ts'
import { type ByteSearch, hasFoldBeyondAscii } from './plain.ts'

/**
 * Finds the lines of an expression if ripgrep looked for it and one plain text only: a line without the text must have
 * matched the expression, so ripgrep is asked only about lines with the text.
 */
export function attributeRest(grep: ByteSearch, beside: ByteSearch, { piece, lower }: Lines): void {
  const { hits, undecided } = grep
  const { ignoreCase } = beside.search
  const [needle = ''] = beside.needles
  const sought = ignoreCase ? needle.toLowerCase() : needle
  const text = ignoreCase ? lower() : piece.text
  const isUnsure = hits.options.mode === 'counts' || hasFoldBeyondAscii(beside, piece)
  let next = isUnsure ? -1 : text.indexOf(sought)
  for (const block of piece.blocks) {
    const file = hits.file(block.path)
    if (file === undefined) continue
    forEachLine(piece, block, (at) => {
      if (next !== -1 && next < at.start) next = text.indexOf(sought, at.start)
      if (isUnsure || (next !== -1 && next < at.end)) undecided.add(file.key, at)
      else hits.add(file, at, 1)
      return undefined
    })
  }
}

/** A piece of ripgrep's output, and its text in lower case if needed. */
interface Lines {
  readonly piece: Piece
  readonly lower: () => string
}
