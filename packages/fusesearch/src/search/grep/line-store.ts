import type { Block, Piece } from '../rg/pieces.ts'
import type { LineAt } from './hits.ts'

/** A line that was kept, with the file it is from. */
export interface StoredLine {
  /** The file's path, one character a byte. */
  readonly key: string
  readonly at: LineAt
}

const NEWLINE = 0x0a

/** Lines of a walk that ripgrep is to be asked about. Each line is held once, as long as its piece is added at one time. */
export class LineStore {
  readonly lines: StoredLine[] = []
  /** True when it was asked to hold more than it may; what it holds is then of no use. */
  isFull = false
  private bytes = 0
  private readonly maxBytes: number
  private piece: Buffer | undefined
  private readonly starts = new Set<number>()

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  add(key: string, at: LineAt): void {
    if (this.piece !== at.bytes) this.starts.clear()
    this.piece = at.bytes
    if (this.isFull || this.starts.has(at.start)) return
    this.starts.add(at.start)
    this.bytes += at.end - at.start + 1
    this.isFull = this.bytes > this.maxBytes
    if (this.isFull) this.lines.length = 0
    else this.lines.push({ key, at })
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
}

/** Goes through the lines of a block. */
export function forEachLine({ text, bytes }: Piece, block: Block, visit: (at: LineAt) => void): void {
  for (let lineStart = block.start; lineStart < block.end; ) {
    const start = text.indexOf(':', lineStart) + 1
    const end = text.indexOf('\n', start)
    visit({ line: Number(text.slice(lineStart, start - 1)), bytes, start, end })
    lineStart = end + 1
  }
}
