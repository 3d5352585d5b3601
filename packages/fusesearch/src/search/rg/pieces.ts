import { WALK_START } from './argv.ts'

/** One file's lines as ripgrep printed them (`number:text\n`), from `start` to `end` in the piece. */
export interface Block {
  /** Path below the root, one character per byte. */
  readonly path: string
  readonly start: number
  readonly end: number
}

/** Whole blocks of ripgrep's output. `text` has one character per byte, so offsets are valid in `bytes` too. */
export interface Piece {
  readonly bytes: Buffer
  readonly text: string
  readonly blocks: readonly Block[]
}

// An empty line ends a file's block. A matching line is never empty, since it begins with its number.
const BETWEEN_BLOCKS = '\n\n'
const NEWLINE = 0x0a

/**
 * Cuts the output of `rg --heading --line-number --null` into pieces of whole blocks as it streams in. Leaves out files
 * in which ripgrep found a NUL byte, so binary files have no matches.
 */
export class PieceReader {
  /** Bytes of the block that is still incomplete. */
  pendingBytes = 0
  private pending: Buffer[] = []
  private readonly onPiece: (piece: Piece) => void

  constructor(onPiece: (piece: Piece) => void) {
    this.onPiece = onPiece
  }

  push(chunk: Buffer): void {
    // A separator may be split across two chunks, so an empty line at the start of this one counts.
    const last = this.pending.at(-1)
    const split = chunk.lastIndexOf(BETWEEN_BLOCKS)
    const isAcross = last !== undefined && last.at(-1) === NEWLINE && chunk[0] === NEWLINE
    const cut = split === -1 ? (isAcross ? 1 : 0) : split + BETWEEN_BLOCKS.length
    if (cut === 0) {
      this.pending.push(chunk)
      this.pendingBytes += chunk.length
      return
    }
    const whole = [...this.pending, chunk.subarray(0, cut)]
    this.pending = cut === chunk.length ? [] : [chunk.subarray(cut)]
    this.pendingBytes = chunk.length - cut
    this.emit(whole)
  }

  /** Call this when the output has ended. */
  end(): void {
    const rest = this.pending
    this.pending = []
    if (rest.length > 0) this.emit(rest)
  }

  private emit(chunks: readonly Buffer[]): void {
    const [first] = chunks
    const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
    const text = bytes.toString('latin1')
    const blocks = findBlocks(text)
    if (blocks.length > 0) this.onPiece({ bytes, text, blocks })
  }
}

function findBlocks(text: string): Block[] {
  const blocks: Block[] = []
  // A path that contains an empty line looks like several blocks; this is where the first of them began.
  let pathStart = -1
  for (let at = 0; at < text.length; ) {
    const separator = text.indexOf(BETWEEN_BLOCKS, at)
    const end = separator === -1 ? text.length : separator + 1
    if (pathStart === -1 && text.startsWith(WALK_START, at)) pathStart = at
    const nul = text.indexOf('\0', at)
    if (pathStart !== -1 && nul !== -1 && nul < end) {
      const block = { path: text.slice(pathStart + WALK_START.length, nul), start: nul + 1, end }
      if (!endsInWarning(text, block)) blocks.push(block)
      pathStart = -1
    }
    at = end + 1
  }
  return blocks
}

/** ripgrep ends a binary file's block with a warning that begins with the path instead of a number. */
function endsInWarning(text: string, block: Block): boolean {
  const lastLine = Math.max(text.lastIndexOf('\n', block.end - 2) + 1, block.start)
  return text.startsWith(WALK_START, lastLine)
}

/** One row of a count output: a file and a number. */
export interface FileCount {
  readonly path: string
  readonly count: number
}

/** Reads the output of `rg --null --count` and `--count-matches`: `path NUL number newline` each. */
export function readCounts(output: Buffer): FileCount[] {
  const text = output.toString('latin1')
  const counts: FileCount[] = []
  for (let at = 0; at < text.length; ) {
    const nul = text.indexOf('\0', at)
    const end = text.indexOf('\n', nul)
    if (nul === -1 || end === -1) break
    counts.push({ path: text.slice(at + WALK_START.length, nul), count: Number(text.slice(nul + 1, end)) })
    at = end + 1
  }
  return counts
}

/** Reads the output of `rg --files --null`. Paths have one character per byte. */
export function readPaths(output: Buffer): string[] {
  const text = output.toString('latin1')
  const paths: string[] = []
  for (let at = 0; at < text.length; ) {
    const nul = text.indexOf('\0', at)
    if (nul === -1) break
    paths.push(text.slice(at + WALK_START.length, nul))
    at = nul + 1
  }
  return paths
}
