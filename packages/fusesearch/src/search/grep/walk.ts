import { trackedArgv, type WalkRules } from '../rg/argv.ts'
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
  readonly tree: WalkedTree
}

/**
 * Runs a walk that may begin before git has named the tracked files that an ignore file matches: in that case it runs
 * once more, for these files only.
 */
export async function withTracked(
  { tree: { walkRules }, argv }: Walk,
  run: (argv: readonly string[]) => Promise<RgEnd>,
): Promise<RgEnd> {
  const first = await run(argv)
  if (first.reason !== 'done' || isFailure(first)) return first
  await walkRules.known
  const more = trackedArgv(walkRules, argv)
  if (more === undefined) return first
  const second = await run(more)
  const isBetter = second.reason !== 'done' || isFailure(second) || first.exitCode === 1
  return isBetter ? second : first
}

function isFailure({ exitCode, message }: RgEnd): boolean {
  return exitCode === 2 && message !== ''
}

/** Runs ripgrep over the tree and passes its output to `take`. It ends as `stopped` when `take` returns false or the limit is reached. */
export function runWalk(walk: Walk, take: (chunk: Buffer) => boolean): Promise<RgEnd> {
  const onOutput = withinLimit(take)
  return withTracked(walk, (argv) => runOnce({ ...walk, argv }, onOutput))
}

/** Runs a walk that prints lines, and passes them on in whole blocks. */
export function walkLines(walk: Walk, onPiece: (piece: Piece) => void): Promise<RgEnd> {
  let reader = new PieceReader(onPiece)
  const onOutput = withinLimit((chunk) => {
    reader.push(chunk)
    return reader.pendingBytes <= MAX_FILE_LINES_BYTES
  })
  return withTracked(walk, async (argv) => {
    reader = new PieceReader(onPiece)
    const end = await runOnce({ ...walk, argv }, onOutput)
    if (end.reason === 'done') reader.end()
    return end
  })
}

function withinLimit(take: (chunk: Buffer) => boolean): (chunk: Buffer) => boolean {
  let bytes = 0
  return (chunk) => {
    bytes += chunk.length
    return bytes <= MAX_WALK_BYTES && take(chunk)
  }
}

function runOnce({ tree, argv, signal }: Walk, onOutput: (chunk: Buffer) => boolean): Promise<RgEnd> {
  const { launcher, rg, root } = tree
  return runRg({ rg, argv, cwd: root, launcher, signal, onOutput })
}

/** The failure of a grep whose walk was stopped by a limit. */
export const TOO_MUCH: CallFailure = {
  ok: false,
  code: 'too-large',
  message: `More than ${MAX_WALK_BYTES} bytes of lines match, or more than ${MAX_FILE_LINES_BYTES} of one file. grep with mode "counts" lists the files; globs of some of them, or a narrower pattern, show their lines.`,
}
