import { commonlySkipped } from '../path-filter.ts'
import { fusedArgv } from '../rg/argv.ts'
import type { Piece } from '../rg/pieces.ts'
import { ABORTED, type RgEnd } from '../rg/rg-run.ts'
import { type WalkedTree, walkLines } from './walk.ts'

/** Walks over one tree at a time: one uses two cores, and a second one fills its pauses. Who comes meanwhile waits. */
const WALKS_AT_ONCE = 2
/** Runs that share a walk: each looks at the lines of all. */
const MAX_RUNS = 8
/** UTF-8 bytes of all expressions of a walk, well below what an argument list or a shell takes. */
const MAX_EXPRESSION_BYTES = 40_000
/** Runs that wait; whoever comes beyond them walks at once. */
const MAX_WAITING = 256

/** What a run wants of a walk. */
export interface WalkRequest {
  /** Rust expressions that find at least the lines of its greps. */
  readonly expressions: readonly string[]
  /** The globs of each of its greps. */
  readonly globs: readonly (readonly string[])[]
  readonly maxFileBytes: number
  readonly signal: AbortSignal
  /** Called when a shared walk begins: who takes its pieces, which hold lines of others too. */
  readonly begin: () => (piece: Piece) => void
  /** Does without the others; also called after a shared walk has failed, so that a failure is its own. */
  readonly alone: () => Promise<RgEnd>
}

/** Walks of a tree for many runs: those that wait at the same time get one walk, which begins after they asked. */
export interface Gatherer {
  /** Ends as `alone` would; on abort at once, but for the last of a walk, who waits until its process is gone. */
  walk(request: WalkRequest): Promise<RgEnd>
}

/** Nobody waits and nothing runs yet. */
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
  /** What its abort means, as long as it waits and then while it rides. */
  onAbort: () => void
}

/** The first who waits, and those behind who fit in. */
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

/** Resolves when no process of the walk is left; never rejects. */
async function ride(tree: WalkedTree, all: readonly Rider[]): Promise<void> {
  const [first] = all
  if (first === undefined) return
  if (all.length === 1) {
    // Alone it hears its signal itself.
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
  // A failure is told to whoever asked.
  await end.catch(() => undefined)
}

/** Undefined where ripgrep could not be run to its end. */
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
    // Each looks for itself what is wrong.
    return undefined
  }
}
