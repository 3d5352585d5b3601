import type { Block, Piece } from '../rg/pieces.ts'
import type { LineAt } from './hits.ts'

/** A stored line and its file. */
export interface StoredLine {
  /** The file's path, one character per byte. */
  readonly key: string
  readonly at: LineAt
}

const NEWLINE = 0x0a

/** Memory of a line beside its text. */
const LINE_WEIGHT = 150
/** A line of a larger piece is copied; otherwise a few lines would keep the whole piece in memory. */
const MAX_KEPT_PIECE_BYTES = 1_000_000

/** Bytes that all stores of a turn may hold. */
export interface StoreSpace {
  bytesLeft: number
}

/** Lines of a walk that ripgrep will be asked about. Each line is held once, if the lines of a piece are added together. */
export class LineStore {
  readonly lines: StoredLine[] = []
  /** True if it was asked to hold more than it may; its contents are then useless. */
  isFull = false
  private bytes = 0
  private readonly space: StoreSpace
  private piece: Buffer | undefined
  private readonly starts = new Set<number>()

  constructor(space: StoreSpace) {
    this.space = space
  }

  add(key: string, at: LineAt): void {
    if (this.piece !== at.bytes) this.starts.clear()
    this.piece = at.bytes
    if (this.isFull || this.starts.has(at.start)) return
    this.starts.add(at.start)
    const length = at.end - at.start + 1
    if (this.space.bytesLeft < length + LINE_WEIGHT) return this.giveUp()
    this.space.bytesLeft -= length + LINE_WEIGHT
    this.bytes += length
    this.lines.push({ key, at: at.bytes.length > MAX_KEPT_PIECE_BYTES ? copied(at) : at })
  }

  /** The lines as one text. */
  text(): Buffer {
    const text = Buffer.allocUnsafe(this.bytes)
    let length = 0
    for (const { at } of this.lines) {
      length += at.bytes.copy(text, length, at.start, at.end)
      text[length] = NEWLINE
      length += 1
    }
    return text
  }

  /** Gives the space to other stores. */
  private giveUp(): void {
    this.isFull = true
    this.space.bytesLeft += this.bytes + this.lines.length * LINE_WEIGHT
    this.lines.length = 0
    this.starts.clear()
  }
}

function copied({ line, bytes, start, end }: LineAt): LineAt {
  const own = Buffer.from(bytes.subarray(start, end))
  return { line, bytes: own, start: 0, end: own.length }
}

/** Visits the lines of a block until `visit` returns true. */
export function forEachLine({ text, bytes }: Piece, block: Block, visit: (at: LineAt) => boolean | undefined): void {
  for (let lineStart = block.start; lineStart < block.end; ) {
    const start = text.indexOf(':', lineStart) + 1
    const end = text.indexOf('\n', start)
    if (visit({ line: Number(text.slice(lineStart, start - 1)), bytes, start, end }) === true) return
    lineStart = end + 1
  }
}

/** The lines of a range that ends with a line end. */
export function countLines(text: string, start: number, end: number): number {
  let lines = 0
  for (let at = start; at < end; at = text.indexOf('\n', at) + 1) lines += 1
  return lines
}
