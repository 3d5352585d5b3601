import { type Clock, systemClock } from '../core/index.ts'
import { findPaths, showGlob } from './glob.ts'
import { Hits } from './grep/hits.ts'
import { toGrepPattern } from './grep/pattern.ts'
import { refusePattern } from './grep/refuse-pattern.ts'
import { searchRemote } from './grep/remote.ts'
import { type GrepSearch, searchTree } from './grep/search.ts'
import { showGrep } from './grep/show.ts'
import type { GrepOutcome } from './grep/walked.ts'
import type { CommitHistory } from './history/commit-history.ts'
import { findCommits } from './history/search.ts'
import { showCommits } from './history/show.ts'
import { nearestNames } from './nearest/names.ts'
import { nearestPaths } from './nearest/paths.ts'
import { withSuggestions } from './nearest/show.ts'
import { pathsOfGlob } from './nearest/wanted.ts'
import { type Allowance, MIN_BYTES_LEFT, withNotice } from './notices.ts'
import { readWhole } from './open-file.ts'
import {
  commonlyUnwanted,
  createPathFilter,
  globBudget,
  type PathFilter,
  refuseCostly,
  refuseGlobs,
} from './path-filter.ts'
import { readLines } from './read-file.ts'
import { showLines } from './read-file-show.ts'
import { remoteFailure } from './remote.ts'
import { mapLimited, openScope, type Scope } from './scope.ts'
import type {
  Call,
  GlobArguments,
  GrepArguments,
  HistoryArguments,
  Notice,
  Observation,
  ReadFileArguments,
  ToolLimits,
} from './tool.ts'
import type { Tree } from './tree.ts'
import { type Found, showAll, showNothing, type TurnResult } from './turn-result.ts'

/** How a turn is run. */
export interface TurnOptions {
  readonly limits: ToolLimits
  /** Bytes that the run may still show; the turn's calls use them up in order. */
  readonly bytesLeft: number
  readonly signal: AbortSignal
  /** Ends the turn too: the workspace is closing. */
  readonly closing?: AbortSignal
  readonly clock?: Clock
  /** The commits that `history` searches; without it such a call fails as unavailable. */
  readonly history?: CommitHistory | undefined
  /** Milliseconds that a `history` call waits for commits; a call's own time at most. */
  readonly historyTimeoutMs?: number | undefined
}

/**
 * Runs the calls of one turn together; greps share one walk of the tree where their options allow.
 * Results are in the order of the calls and are byte for byte what each call alone returns, unless the globs of the greps
 * exceed their common budget. A failing call, a time-out and an abort are observations; throws FuseSearchError only if
 * ripgrep is missing or broken or the tree is gone. No process is left behind.
 */
export async function runTurn(tree: Tree, calls: readonly Call[], options: TurnOptions): Promise<TurnResult> {
  const { limits, clock = systemClock } = options
  if (options.bytesLeft < MIN_BYTES_LEFT) return showNothing(calls, limits)
  const scope = openScope([options.signal, options.closing], limits.callTimeoutMs)
  const context: TurnContext = { tree, limits, scope, clock, startMs: clock.nowMs(), ...historyOf(options) }
  const keys = calls.map((call) => JSON.stringify(call))
  const unique = new Map(calls.map((call, index) => [keys[index] ?? '', call]))
  try {
    const found = await findAll(context, unique)
    const inOrder = keys.map((key) => found.get(key) as Found)
    return await showAll(calls, inOrder, { limits, bytesLeft: options.bytesLeft })
  } finally {
    scope.close()
  }
}

function historyOf({ history, historyTimeoutMs, limits }: TurnOptions): Pick<TurnContext, 'history' | 'historyMs'> {
  return { history, historyMs: Math.min(historyTimeoutMs ?? HISTORY_TIMEOUT_MS, limits.callTimeoutMs) }
}

interface TurnContext {
  readonly tree: Tree
  readonly limits: ToolLimits
  readonly scope: Scope
  readonly clock: Clock
  readonly startMs: number
  readonly history: CommitHistory | undefined
  /** How long a call waits for the commits. */
  readonly historyMs: number
}

/** Commits that can't be read delay a search no longer than this. */
const HISTORY_TIMEOUT_MS = 5_000

async function findAll(context: TurnContext, calls: ReadonlyMap<string, Call>): Promise<Map<string, Found>> {
  const entries = [...calls]
  const greps = entries.flatMap(([key, call]) => (call.tool === 'grep' ? [{ key, grep: call.arguments }] : []))
  const others = entries.flatMap(([key, call]) => (call.tool === 'grep' ? [] : [{ key, call }]))
  const found = new Map<string, Found>()
  const work = [
    findGreps(context, greps, found),
    mapLimited(others, OTHERS_AT_ONCE, async ({ key, call }) => {
      found.set(key, { result: await findOther(context, call), ms: elapsedMs(context), isShared: false })
    }),
  ]
  try {
    await Promise.all(work)
  } catch (error) {
    context.scope.end()
    // No process may outlive the turn, so the rest of the work must end first.
    await Promise.allSettled(work)
    throw error
  }
  return found
}

const OTHERS_AT_ONCE = 4

function findOther(context: TurnContext, call: Exclude<Call, { readonly tool: 'grep' }>): Promise<Found['result']> {
  switch (call.tool) {
    case 'glob':
      return findGlob(context, call.arguments)
    case 'read_file':
      return findLines(context, call.arguments)
    case 'history':
      return findHistory(context, call.arguments)
  }
}

async function findGreps(
  context: TurnContext,
  greps: readonly { readonly key: string; readonly grep: GrepArguments }[],
  found: Map<string, Found>,
): Promise<void> {
  const refusalOf = rememberByGlobs(refuseGlobs)
  const usable = greps.filter(({ key, grep }) => {
    const refusal = refusePattern(grep.pattern) ?? refusalOf(grep.globs ?? [])
    if (refusal !== undefined) found.set(key, { result: refusal, ms: elapsedMs(context), isShared: false })
    return refusal === undefined
  })
  if (usable.length === 0) return
  // One budget for all of them, because each line of the walk goes to all of them without a pause.
  const budget = globBudget()
  const filterOf = rememberByGlobs((globs) => rememberVerdicts(createPathFilter(globs, { budget })))
  const searches = usable.map(({ grep }) => toSearch(context, grep, filterOf(grep.globs ?? [])))
  const [first, oversized] = await Promise.all([searchFiles(context, searches), findOversized(context, searches)])
  const { outcomes, broken } = await searchBrokenAsText(context, searches, first)
  const near = await suggestNames(
    context,
    usable.filter((_, index) => isMiss(outcomes[index])),
  )
  const read = rememberTexts(context)
  for (const [index, { key, grep }] of usable.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined) continue
    const { isShared, doneMs } = outcome
    const { globs = [] } = grep
    const accepts = filterOf(globs)
    const result = (globs.length > 0 ? refuseCostly(budget) : undefined) ?? outcome.result
    const source = { maxLineLength: context.limits.maxLineLength, read }
    const suggested = near.get(key)
    const show = async (allowance: Allowance): Promise<Observation> => {
      const { files, moved } = result.ok ? result : { files: [], moved: 0 }
      const asked = { arguments: grep, files, moved, oversized: oversized.filter(accepts), allowance }
      const shown = withSuggestions(await showGrep(asked, source), suggested?.names ?? [])
      const note = result.ok ? result.note : undefined
      const noted = note === undefined ? shown : withNotice(shown, { limit: 'pattern', message: note })
      const notice = broken.get(index)
      return notice === undefined ? noted : withNotice(noted, notice)
    }
    const ms = suggested?.ms ?? doneMs - context.startMs
    found.set(key, { result: result.ok ? { ok: true, show } : result, ms, isShared })
  }
}

function searchFiles(context: TurnContext, searches: readonly GrepSearch[]): Promise<readonly GrepOutcome[]> {
  const { remote } = context.tree
  return remote === undefined ? searchTree(context, searches) : searchRemote(context, remote, searches)
}

/** Greps whose pattern isn't a valid regular expression, searched as plain text where a model reads; an error costs it a turn. */
async function searchBrokenAsText(
  context: TurnContext,
  searches: readonly GrepSearch[],
  outcomes: readonly GrepOutcome[],
): Promise<{ readonly outcomes: readonly GrepOutcome[]; readonly broken: ReadonlyMap<number, Notice> }> {
  const broken = new Map<number, Notice>()
  if ((context.limits.suggestions ?? 0) <= 0) return { outcomes, broken }
  for (const [index, { result }] of outcomes.entries()) {
    if (result.ok || result.code !== 'bad-pattern' || searches[index]?.search.literal !== false) continue
    const fact = /error: ([^\n]{1,100})/.exec(result.message)?.[1]
    const message = `The pattern isn't a valid regular expression${fact === undefined ? '' : ` (${fact})`}, so it was searched as plain text.`
    broken.set(index, { limit: 'pattern', message })
  }
  if (broken.size === 0) return { outcomes, broken }
  const again = [...broken.keys()].flatMap((index) => searches[index] ?? [])
  const asText = again.map((one) => ({ ...one, search: { ...one.search, literal: true } }))
  const second = await searchFiles(context, asText)
  const places = [...broken.keys()]
  return { outcomes: outcomes.map((one, index) => second[places.indexOf(index)] ?? one), broken }
}

function isMiss(outcome: GrepOutcome | undefined): boolean {
  return outcome?.result.ok === true && outcome.result.files.length === 0
}

/** One more walk for all greps without a match, if the caller wants suggestions. */
async function suggestNames(
  context: TurnContext,
  misses: readonly { readonly key: string; readonly grep: GrepArguments }[],
): Promise<ReadonlyMap<string, { readonly names: readonly string[]; readonly ms: number }>> {
  if ((context.limits.suggestions ?? 0) <= 0 || misses.length === 0) return new Map()
  const lists = await nearestNames(
    context,
    misses.map(({ grep }) => grep),
  )
  const ms = elapsedMs(context)
  return new Map(misses.map(({ key }, index) => [key, { names: lists[index] ?? [], ms }]))
}

function toSearch(context: TurnContext, grep: GrepArguments, accepts: PathFilter): GrepSearch {
  const { limits } = context
  const createHits = (): Hits =>
    new Hits({
      mode: grep.mode ?? 'content',
      accepts,
      maxLineLength: limits.maxLineLength,
      keep: {
        maxLines: Math.min(limits.maxLinesPerCall, grep.headLimit ?? Number.POSITIVE_INFINITY),
        maxBytes: limits.maxBytesPerCall,
      },
    })
  return { search: toGrepPattern(grep), globs: grep.globs ?? [], createHits }
}

/** Greps of a turn often have the same globs, so what follows from these is made once. */
function rememberByGlobs<Made>(make: (globs: readonly string[]) => Made): (globs: readonly string[]) => Made {
  const made = new Map<string, { readonly value: Made }>()
  return (globs) => {
    const key = JSON.stringify(globs)
    const known = made.get(key) ?? { value: make(globs) }
    made.set(key, known)
    return known.value
  }
}

/** The greps of a turn often find the same files, so each path is matched once. */
function rememberVerdicts(matches: PathFilter): PathFilter {
  const verdicts = new Map<string, boolean>()
  return (path) => {
    const verdict = verdicts.get(path) ?? matches(path)
    verdicts.set(path, verdict)
    return verdict
  }
}

async function findOversized(context: TurnContext, searches: readonly GrepSearch[]): Promise<readonly string[]> {
  const unwanted = commonlyUnwanted(searches.map(({ globs }) => globs))
  try {
    return await context.tree.listFilesAbove(
      { maxFileBytes: context.limits.maxFileBytes, unwanted },
      context.scope.signal,
    )
  } catch (error) {
    if (context.scope.signal.aborted) return []
    throw error
  }
}

/** Context lines of several greps are often from the same files. */
function rememberTexts({ tree, limits }: TurnContext): (path: string) => Promise<Buffer | undefined> {
  const read = async (path: string): Promise<Buffer | undefined> => {
    const whole = await readWhole(tree, path, limits.maxFileBytes)
    // Removed or grown since the search: its matches are shown without context.
    return whole.kind === 'text' ? whole.text : undefined
  }
  let last: { readonly path: string; readonly text: Promise<Buffer | undefined> } | undefined
  return (path) => {
    if (last?.path !== path) last = { path, text: read(path) }
    return last.text
  }
}

async function findGlob(context: TurnContext, glob: GlobArguments): Promise<Found['result']> {
  try {
    const { tree, scope, limits } = context
    const most = limits.suggestions ?? 0
    const refusal = refuseGlobs(glob.patterns)
    if (refusal !== undefined) return refusal
    const { patterns, ignoreCase = false } = glob
    const find = (files: readonly string[]): ReturnType<typeof findPaths> => findPaths(files, glob, scope.signal)
    const remote = await tree.remote?.paths(patterns, ignoreCase, scope.signal)
    const paths = await (remote === undefined ? tree.chooseFiles(find, scope.signal) : find(remote))
    if ('ok' in paths) return paths
    const isMissed = paths.length === 0 && most > 0
    const near = isMissed ? nearestPaths(pathsOfGlob(glob), await tree.listFiles(scope.signal), most) : []
    return { ok: true, show: async (allowance) => withSuggestions(showGlob(paths, glob, allowance), near) }
  } catch (error) {
    const failure = context.scope.failure() ?? remoteFailure(error)
    if (failure !== undefined) return failure
    throw error
  }
}

async function findLines(context: TurnContext, read: ReadFileArguments): Promise<Found['result']> {
  const lines = await readLines(context, read)
  return lines.ok ? { ok: true, show: async (allowance) => showLines(lines, read, allowance) } : lines
}

async function findHistory(context: TurnContext, asked: HistoryArguments): Promise<Found['result']> {
  const found = await findCommits(context, asked)
  return found.ok ? { ok: true, show: async (allowance) => showCommits(found, allowance) } : found
}

function elapsedMs(context: TurnContext): number {
  return context.clock.nowMs() - context.startMs
}
