import type { WalkRules } from '../rg/argv.ts'
import { type Piece, PieceReader } from '../rg/pieces.ts'
import type { Launcher, RgEnd, RgRun } from '../rg/rg-run.ts'
import { runRg } from '../rg/run.ts'
import type { CallFailure } from '../scope.ts'

/** Bytes that ripgrep may print in one walk. They are read as they come; all lines of a large project take less. */
const MAX_WALK_BYTES = 256_000_000
/** Bytes of the matching lines of one file, which are held in memory at once, up to five copies of them. */
const MAX_FILE_LINES_BYTES = 16_000_000

/** What ripgrep needs to walk a tree. */
export interface WalkedTree {
  /** Real path of the folder. */
  readonly root: string
  readonly walkRules: WalkRules
  /** Path of the ripgrep binary. */
  readonly rg: string
  readonly launcher?: Launcher | undefined
}

/** One walk: arguments of ripgrep, and the signal that ends it. */
export interface Walk extends Pick<RgRun, 'argv' | 'signal'> {
  readonly tree: Omit<WalkedTree, 'walkRules'>
}

/** Runs ripgrep over the tree and passes its output to `take`. It ends as `stopped` when `take` returns false or the limit is reached. */
export function runWalk({ tree, argv, signal }: Walk, take: (chunk: Buffer) => boolean): Promise<RgEnd> {
  const { launcher, rg, root } = tree
  let bytes = 0
  const onOutput = (chunk: Buffer): boolean => {
    bytes += chunk.length
    return bytes <= MAX_WALK_BYTES && take(chunk)
  }
  return runRg({ rg, argv, cwd: root, launcher, signal, onOutput })
}

/** Runs a walk that prints lines, and passes them on in whole blocks. */
export async function walkLines(walk: Walk, onPiece: (piece: Piece) => void): Promise<RgEnd> {
  const reader = new PieceReader(onPiece)
  const end = await runWalk(walk, (chunk) => {
    reader.push(chunk)
    return reader.pendingBytes <= MAX_FILE_LINES_BYTES
  })
  if (end.reason === 'done') reader.end()
  return end
}

/** The failure of a grep whose walk was stopped by a limit. */
export const TOO_MUCH: CallFailure = {
  ok: false,
  code: 'too-large',
  message: `More than ${MAX_WALK_BYTES} bytes of lines match, or more than ${MAX_FILE_LINES_BYTES} of one file. grep with mode "counts" lists the files; globs of some of them, or a narrower pattern, show their lines.`,
}
