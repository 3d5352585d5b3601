import type { Block, Piece } from '../search/index.ts'
import type { ReplyLine } from './reply.ts'

/** The lines that zoekt found in one file. */
export interface FoundFile {
  /** The path below the searched folder, one character per byte. */
  readonly key: string
  readonly lines: readonly ReplyLine[]
}

/** Approximate bytes of a piece. */
const PIECE_BYTES = 4_000_000

/** Texts of the lines in ripgrep's output format, so that the same code reads them. */
export function* piecesOf(files: readonly FoundFile[]): Generator<Piece> {
  let chunks: Buffer[] = []
  let blocks: Block[] = []
  let bytes = 0
  for (const { key, lines } of files) {
    const start = bytes
    for (const chunk of linesOf(lines)) {
      chunks.push(chunk)
      bytes += chunk.length
    }
    if (bytes > start) blocks.push({ path: key, start, end: bytes })
    if (bytes < PIECE_BYTES) continue
    yield toPiece(chunks, blocks)
    chunks = []
    blocks = []
    bytes = 0
  }
  if (blocks.length > 0) yield toPiece(chunks, blocks)
}

function toPiece(chunks: readonly Buffer[], blocks: readonly Block[]): Piece {
  const bytes = Buffer.concat(chunks)
  return { bytes, text: bytes.toString('latin1'), blocks }
}

const NEWLINE = 0x0a
const BYTE_ORDER_MARK = Buffer.from('\ufeff')

/** `number:text\n` of each line, by number. A match over several lines comes as one text. */
function* linesOf(lines: readonly ReplyLine[]): Generator<Buffer> {
  let last = 0
  for (const { Line, LineNumber } of lines.toSorted((a, b) => a.LineNumber - b.LineNumber)) {
    let rest = Buffer.from(Line, 'base64')
    if (LineNumber === 1 && rest.subarray(0, 3).equals(BYTE_ORDER_MARK)) rest = rest.subarray(3)
    for (let number = LineNumber; rest.length > 0 || number === LineNumber; number += 1) {
      const newline = rest.indexOf(NEWLINE)
      const text = newline === -1 ? rest : rest.subarray(0, newline)
      rest = newline === -1 ? rest.subarray(rest.length) : rest.subarray(newline + 1)
      if (number <= last) continue
      last = number
      yield Buffer.concat([Buffer.from(`${number}:`), text, LINE_END])
    }
  }
}

const LINE_END = Buffer.from('\n')
