import { type Piece, PieceReader } from '../rg/pieces.ts'
import type { RgEnd, RgRun } from '../rg/rg-run.ts'
import { runRg } from '../rg/run.ts'
import type { CallFailure } from '../scope.ts'
import type { Tree } from '../tree.ts'

/** Bytes that ripgrep may print on one walk. They are looked at as they come; all lines of a large project take less. */
const MAX_WALK_BYTES = 256_000_000
/** Bytes of the matching lines of one file, which are held together, up to five times over. */
const MAX_FILE_LINES_BYTES = 16_000_000

/** One walk: arguments of ripgrep, and the signal that ends it. */
export interface Walk extends Pick<RgRun, 'argv' | 'signal'> {
  readonly tree: Pick<Tree, 'launcher' | 'rg' | 'root'>
}

/** Runs ripgrep over the tree. `take` gets what it prints; `stopped` when that is more than a walk may, or `take` has enough. */
export function runWalk({ tree, argv, signal }: Walk, take: (chunk: Buffer) => boolean): Promise<RgEnd> {
  const { launcher, rg, root } = tree
  let bytes = 0
  const onOutput = (chunk: Buffer): boolean => {
    bytes += chunk.length
    return bytes <= MAX_WALK_BYTES && take(chunk)
  }
  return runRg({ rg, argv, cwd: root, launcher, signal, onOutput })
}

/** Runs a walk that prints lines, and gives them on in whole blocks. */
export async function walkLines(walk: Walk, onPiece: (piece: Piece) => void): Promise<RgEnd> {
  const reader = new PieceReader(onPiece)
  const end = await runWalk(walk, (chunk) => {
    reader.push(chunk)
    return reader.pendingBytes <= MAX_FILE_LINES_BYTES
  })
  if (end.reason === 'done') reader.end()
  return end
}

/** What a walk that was stopped means for its grep. */
export const TOO_MUCH: CallFailure = {
  ok: false,
  code: 'too-large',
  message: `More than ${MAX_WALK_BYTES} bytes of lines match, or more than ${MAX_FILE_LINES_BYTES} of one file. grep with mode "counts" lists the files; globs of some of them, or a narrower pattern, show their lines.`,
}
