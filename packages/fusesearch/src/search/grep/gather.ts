import { commonlySkipped } from '../path-filter.ts'
import { fusedArgv } from '../rg/argv.ts'
import type { Piece } from '../rg/pieces.ts'
import { ABORTED, type RgEnd } from '../rg/rg-run.ts'
import { type WalkedTree, walkLines } from './walk.ts'

/** Walks of one tree at the same time: one uses two cores, and a second one fills its pauses. Later runs wait. */
const WALKS_AT_ONCE = 2
/** Runs that share a walk: each of them reads the lines of all. */
const MAX_RUNS = 8
/** UTF-8 bytes of all expressions of a walk, well below the limits of argument lists and shells. */
const MAX_EXPRESSION_BYTES = 40_000
/** Runs that may wait; further ones walk by themselves at once. */
const MAX_WAITING = 256

/** What a run needs from a walk. */
export interface WalkRequest {
  /** Rust expressions that match at least the lines that its greps match. */
  readonly expressions: readonly string[]
  /** The globs of each of its greps. */
  readonly globs: readonly (readonly string[])[]
  readonly maxFileBytes: number
  readonly signal: AbortSignal
  /** Called when a shared walk begins. Returns the receiver of its pieces, which hold lines of other runs too. */
  readonly begin: () => (piece: Piece) => void
  /** Walks for this run alone; also called after a shared walk has failed, so that each run gets its own failure. */
  readonly alone: () => Promise<RgEnd>
}

/** Walks a tree for many runs: runs that wait at the same time share one walk, which begins after they asked. */
export interface Gatherer {
  /** Ends as `alone` would. An aborted run ends at once; the last run of a walk waits until the process has ended. */
  walk(request: WalkRequest): Promise<RgEnd>
}

/** No run waits and no walk runs yet. */
export function createGatherer(tree: WalkedTree): Gatherer {
  let waiting: Rider[] = []
  let active = 0
  const start = (): void => {
    while (active < WALKS_AT_ONCE && waiting.length > 0) {
      const riders = nextRiders(waiting)
      waiting = waiting.filter((rider) => !riders.includes(rider))
      active += 1
      void ride(tree, riders).finally(() => {
        active -= 1
        start()
      })
    }
  }
  return {
    async walk(request) {
      if (waiting.length >= MAX_WAITING) return request.alone()
      if (request.signal.aborted) return ABORTED
      return new Promise((settle) => {
        const rider: Rider = { request, settle, onAbort: () => undefined }
        rider.onAbort = () => {
          waiting = waiting.filter((one) => one !== rider)
          settle(ABORTED)
        }
        request.signal.addEventListener('abort', () => rider.onAbort(), { once: true })
        waiting.push(rider)
        start()
      })
    },
  }
}

interface Rider {
  readonly request: WalkRequest
  readonly settle: (end: RgEnd | Promise<RgEnd>) => void
  /** What an abort does; it differs while the run waits and while its walk runs. */
  onAbort: () => void
}

/** The first waiting run, and those behind it that fit into the same walk. */
function nextRiders(waiting: readonly Rider[]): Rider[] {
  const riders: Rider[] = []
  let bytes = 0
  for (const rider of waiting) {
    const { expressions, maxFileBytes } = rider.request
    const own = expressions.reduce((sum, expression) => sum + Buffer.byteLength(expression), 0)
    const isFirst = riders.length === 0
    if (!isFirst && maxFileBytes !== riders[0]?.request.maxFileBytes) continue
    if (!isFirst && (riders.length === MAX_RUNS || bytes + own > MAX_EXPRESSION_BYTES)) break
    riders.push(rider)
    bytes += own
  }
  return riders
}

/** Resolves when the process of the walk has ended; never rejects. */
async function ride(tree: WalkedTree, all: readonly Rider[]): Promise<void> {
  const [first] = all
  if (first === undefined) return
  if (all.length === 1) {
    // A run that walks alone listens to its signal itself.
    first.onAbort = () => undefined
    return settleAlone(first)
  }
  const riders = new Set(all)
  const empty = new AbortController()
  let last: Rider | undefined
  for (const rider of all) {
    rider.onAbort = () => {
      riders.delete(rider)
      if (riders.size > 0) return rider.settle(ABORTED)
      last = rider
      empty.abort()
    }
  }
  const end = await walkTogether(tree, riders, empty.signal)
  last?.settle(ABORTED)
  for (const rider of riders) rider.onAbort = () => undefined
  const isFailed = end === undefined || end.reason === 'stopped' || (end.exitCode === 2 && end.message !== '')
  if (isFailed) await Promise.all([...riders].map(settleAlone))
  else for (const rider of riders) rider.settle(end)
}

async function settleAlone({ request, settle }: Rider): Promise<void> {
  const end = request.alone()
  settle(end)
  // The failure goes to the run that asked.
  await end.catch(() => undefined)
}

/** Undefined if ripgrep could not be run to its end. */
async function walkTogether(
  tree: WalkedTree,
  riders: ReadonlySet<Rider>,
  signal: AbortSignal,
): Promise<RgEnd | undefined> {
  const { walkRules } = tree
  const requests = [...riders].map(({ request }) => request)
  const expressions = [...new Set(requests.flatMap((request) => request.expressions))]
  const maxFileBytes = requests[0]?.maxFileBytes ?? 0
  const where = { maxFileBytes, ...commonlySkipped(requests.flatMap(({ globs }) => globs)) }
  const takers = new Map([...riders].map((rider) => [rider, rider.request.begin()]))
  const argv = fusedArgv(walkRules, expressions, where)
  try {
    return await walkLines({ tree, argv, signal }, (piece) => {
      for (const rider of riders) takers.get(rider)?.(piece)
    })
  } catch {
    // Each run finds out for itself what is wrong.
    return undefined
  }
}
