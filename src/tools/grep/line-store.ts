import type { Block, Piece } from '../rg/pieces.ts'
import type { LineAt } from './hits.ts'

/** A line that was kept, with the file it is from. */
export interface StoredLine {
  /** The file's path, one character a byte. */
  readonly key: string
  readonly at: LineAt
}

const NEWLINE = Buffer.from('\n')

/** Lines of a walk that ripgrep is to be asked about, one pattern at a time. */
export class LineStore {
  readonly lines: StoredLine[] = []
  /** True when it was asked to hold more than it may; what it holds is then of no use. */
  isFull = false
  private bytes = 0
  private readonly maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  add(key: string, at: LineAt): void {
    this.bytes += at.end - at.start + 1
    if (this.bytes > this.maxBytes) {
      this.isFull = true
      this.lines.length = 0
    }
    if (!this.isFull) this.lines.push({ key, at })
  }

  addBlock(piece: Piece, block: Block): void {
    const { text, bytes } = piece
    for (let lineStart = block.start; lineStart < block.end && !this.isFull; ) {
      const start = text.indexOf(':', lineStart) + 1
      const end = text.indexOf('\n', start)
      this.add(block.path, { line: Number(text.slice(lineStart, start - 1)), bytes, start, end })
      lineStart = end + 1
    }
  }

  clear(): void {
    this.lines.length = 0
    this.bytes = 0
  }

  /** The lines as one text. */
  text(): Buffer {
    return Buffer.concat(this.lines.flatMap(({ at }) => [at.bytes.subarray(at.start, at.end), NEWLINE]))
  }
}
