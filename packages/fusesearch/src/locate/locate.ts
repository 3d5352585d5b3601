import {
  type Budget,
  EMPTY_ANSWER,
  openStop,
  type Policy,
  type RunCalls,
  type RunListener,
  type RunResult,
  resolveBudget,
  runLoop,
} from '../agent/index.ts'
import { type Clock, systemClock } from '../core/index.ts'
import { PAPER_TOOLS, PROGRAM_LIMITS, type ToolLimits, type Workspace } from '../search/index.ts'
import { checkAnswer } from './check-answer.ts'
import { commitsFor } from './commits.ts'
import { fillEvidence } from './evidence.ts'
import { type CheckedIssue, checkIssue } from './issue.ts'
import { runNotices } from './notices.ts'
import { openInTime } from './open-in-time.ts'
import { type Place, type PlaceOptions, sourcesOf } from './place.ts'
import { type LocatedFile, type LocateResult, RESULT_VERSION } from './result.ts'
import { readSourceMaps } from './source-maps.ts'

/** What to localize, where, and how. */
export interface LocateOptions extends PlaceOptions {
  /** The text of the issue; see {@link checkIssue} for what is refused or cut. */
  readonly issue: string
  readonly policy: Policy
  /** 0 when left out. The same seed, policy and tree give the same answer. */
  readonly seed?: number
  /** The loop's defaults for what is left out. The deadline counts from this call, so it includes opening the repository. */
  readonly budget?: Partial<Budget>
  /** What a call may show; a program's limits when left out. */
  readonly limits?: ToolLimits
  readonly clock?: Clock
  /** Records the run, for example in a trajectory file; receives each event before `onEvent` does. */
  readonly record?: RunListener
  /** Shows the run while it is going on. */
  readonly onEvent?: RunListener
}

/**
 * Localizes one issue in one repository: opens it, lets the policy search it, and checks the answer against it.
 * An aborted `signal` rejects with its reason and leaves no process behind.
 * Throws FuseSearchError: `bad-issue`, `bad-argument` (path or budget), `repository-missing`,
 * `repository-unreadable`, `unknown-commit`, `snapshot-failed`, `rg-missing`, `rg-failed`.
 */
export async function locate(options: LocateOptions): Promise<LocateResult> {
  const clock = options.clock ?? systemClock
  const startedMs = clock.nowMs()
  const checked = checkIssue(options.issue)
  const { deadlineMs } = resolveBudget(options.budget)
  const place = await openInTime(options, { deadlineMs, clock })
  place?.workspace.listAhead()
  try {
    const openMs = clock.nowMs() - startedMs
    const { issue, notices } = await withSources(checked.issue, place, { ...options, clock, startedMs })
    const run = await runLoop({
      issue,
      policy: options.policy,
      seed: options.seed ?? 0,
      tools: place?.tools ?? options.tools ?? PAPER_TOOLS,
      budget: options.budget ?? {},
      runCalls: place === undefined ? runNothing : runnerOf(place.workspace, options, clock),
      outlines: place?.workspace.outlines,
      clock,
      // Without a place the deadline has passed, whatever the clock says.
      startedMs: place === undefined ? Number.NEGATIVE_INFINITY : startedMs,
      signal: options.signal,
      record: options.record,
      onEvent: options.onEvent,
    })
    const checkedMs = clock.nowMs()
    const result = await checkedResult(run, place, options)
    const endMs = clock.nowMs()
    const ms = { total: endMs - startedMs, open: openMs, check: endMs - checkedMs }
    return withTimes({ ...result, notices: [...checked.notices, ...notices, ...result.notices] }, ms)
  } finally {
    await place?.workspace.close()
  }
}

/** The issue with positions in compiled scripts as positions in their sources, within the deadline. */
async function withSources(
  issue: string,
  place: Place | undefined,
  { signal, budget, clock, startedMs }: Pick<LocateOptions, 'signal' | 'budget'> & { clock: Clock; startedMs: number },
): Promise<CheckedIssue> {
  if (place === undefined) return { issue, notices: [] }
  const { deadlineMs } = resolveBudget(budget)
  const stop = openStop({ signal, deadlineMs, startedMs, clock })
  try {
    return await readSourceMaps(issue, place.workspace, stop.signal)
  } finally {
    stop.close()
  }
}

/** The part of a deadline that reading commits may take. */
const HISTORY_SHARE = 1 / 3

function runnerOf(workspace: Workspace, options: LocateOptions, clock: Clock): RunCalls {
  const limits = options.limits ?? PROGRAM_LIMITS
  const { deadlineMs } = resolveBudget(options.budget)
  const historyTimeoutMs = deadlineMs === null ? undefined : deadlineMs * HISTORY_SHARE
  return (calls, { bytesLeft, limits: own, signal }) =>
    workspace.runTurn(calls, { limits: own ?? limits, bytesLeft, signal, clock, historyTimeoutMs })
}

const NOT_OPENED =
  'The deadline passed before the repository was open, so nothing was searched. Set a longer deadline; files of a commit are cached for the next search.'

/** Used if nothing is open. The loop runs no call then, because its deadline has passed. */
const runNothing: RunCalls = () => Promise.reject(new Error('a call was run without a place'))

async function checkedResult(run: RunResult, place: Place | undefined, options: LocateOptions): Promise<LocateResult> {
  const { answer, notices } =
    place === undefined ? { answer: EMPTY_ANSWER, notices: [] } : await checkAnswer(run.answer, place.workspace)
  const { turns, calls, breadth, efficiency, redundancy, bytesShown, ms, model } = run.stats
  const toShownPath = (path: string): string => place?.toShownPath(path) ?? path
  const files: LocatedFile[] = answer.files.map((file) => ({
    path: toShownPath(file.path),
    score: file.score,
    functions: file.functions,
    evidence: fillEvidence(file, run.turns),
    commits: commitsFor(file, run.turns),
  }))
  const withShownPath = <T extends { readonly path: string }>(item: T): T => ({
    ...item,
    path: toShownPath(item.path),
  })
  const candidates = {
    files: answer.candidates.files.map(withShownPath),
    functions: answer.candidates.functions.map(withShownPath),
  }
  return {
    version: RESULT_VERSION,
    policy: options.policy.name,
    seed: options.seed ?? 0,
    files,
    candidates,
    confidence: answer.confidence,
    stoppedBy: run.stoppedBy,
    stats: {
      turns,
      calls,
      breadth,
      efficiency,
      redundancy,
      bytesShown,
      ms: { ...ms, open: 0, check: 0 },
      ...(model === undefined ? {} : { model }),
    },
    ...sourcesOf(
      place?.sources ?? [],
      [...files, ...candidates.files].map(({ path }) => path),
    ),
    notices:
      place === undefined
        ? [NOT_OPENED]
        : [...place.notices, ...place.workspace.notices(), ...runNotices(run), ...notices],
  }
}

function withTimes(result: LocateResult, ms: { total: number; open: number; check: number }): LocateResult {
  return { ...result, stats: { ...result.stats, ms: { ...result.stats.ms, ...ms } } }
}
