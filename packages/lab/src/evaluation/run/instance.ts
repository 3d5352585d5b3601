import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { languageOf } from 'fusesearch/code'
import { type Clock, FuseSearchError } from 'fusesearch/core'
import { toFileName } from 'fusesearch/git'
import { type HistoryPlace, historyPaths, type Observation } from 'fusesearch/search'
import { issueKinds } from '../metrics/issue-kind.ts'
import { type FailedRow, ROW_VERSION, type Row, type RowGold, type RowInstance } from '../row.ts'
import { scorePrediction } from '../score.ts'
import type { Contestant } from './contestant.ts'

/** What the run needs to know of an instance; datasets' instances are such. */
export interface RunInstance {
  readonly id: string
  /** `owner/name`. */
  readonly repo: string
  readonly issue: string
}

/** What the fix of an instance changed, and the commit to search. */
interface InstanceGold {
  readonly gold: RowGold
  readonly commit: string
}

/** The files to search. */
export interface InstanceFiles {
  readonly root: string
  /** Files of the commit that aren't there, since the repository lacks their contents. */
  readonly missing: number
  /** Where the commits before it are. */
  readonly history?: HistoryPlace | undefined
}

/** What every instance of a run shares. */
export interface Bench<I extends RunInstance> {
  readonly contestants: readonly Contestant[]
  readonly gold: (instance: I, signal: AbortSignal) => Promise<InstanceGold>
  /** Brings the files of a commit into a folder; its time is no part of a search's. */
  readonly snapshot: (instance: I, commit: string, signal: AbortSignal) => Promise<InstanceFiles>
  /** The run's folder. */
  readonly folder: string
  readonly seed: number
  /** A search that goes on for longer is aborted and fails. */
  readonly searchLimitMs: number
  readonly clock: Clock
}

/** What is to run of an instance. */
export interface InstanceTask<I extends RunInstance> {
  readonly instance: I
  /** Of its trajectories, without an ending; no other instance of the run has it. */
  readonly fileName: string
  readonly policies: readonly string[]
}

/** What happens to an instance: a search begins (`base` is what its row will say whatever happens), or a row is there. */
export type InstanceEvent =
  | { readonly kind: 'searching'; readonly base: RowInstance }
  | { readonly kind: 'row'; readonly row: Row }

/**
 * Runs an instance under each of the task's policies. What fails becomes a failed row; this is the place that catches.
 * Rejects when `signal` is aborted, and with `write-failed` when the disk takes no more.
 */
export async function runInstance<I extends RunInstance>(
  bench: Bench<I>,
  task: InstanceTask<I> & { readonly signal: AbortSignal },
  onEvent: (event: InstanceEvent) => void,
): Promise<void> {
  const { instance, fileName, signal } = task
  const contestants = bench.contestants.filter(({ name }) => task.policies.includes(name))
  const prepared = await prepare(bench, { ...task, searches: contestants.length })
  for (const contestant of contestants) {
    const base = describeInstance(instance, contestant.name, prepared.gold)
    if (!prepared.ok) {
      onEvent({ kind: 'row', row: failedRow(base, prepared.error) })
      continue
    }
    onEvent({ kind: 'searching', base })
    onEvent({
      kind: 'row',
      row: await runContestant(bench, { instance, fileName, signal, prepared, contestant, base }),
    })
  }
}

/** A row for what failed. */
export function failedRow(base: RowInstance, error: FailedRow['error'], trajectory: string | null = null): FailedRow {
  return { ...base, status: 'failed', error, trajectory }
}

/** What every row of the instance says. */
export function describeInstance(instance: RunInstance, policy: string, gold: RowGold | null): RowInstance {
  const first = gold?.files[0]
  return {
    version: ROW_VERSION,
    id: instance.id,
    policy,
    repository: instance.repo,
    language: (first === undefined ? undefined : languageOf(first)) ?? 'other',
    gold,
    kinds: gold === null ? ['none'] : issueKinds(instance.issue, gold),
  }
}

interface Prepared extends InstanceGold, InstanceFiles {
  readonly ok: true
  readonly snapshotMs: number
  /** A search's share of the time that gold and repository took. */
  readonly goldMs: number
}

/** Gold is kept where only the files can't be had: the zero then counts where it belongs. */
interface NotPrepared {
  readonly ok: false
  readonly gold: RowGold | null
  readonly error: FailedRow['error']
}

async function prepare<I extends RunInstance>(
  bench: Bench<I>,
  task: { readonly instance: I; readonly signal: AbortSignal; readonly searches: number },
): Promise<Prepared | NotPrepared> {
  const { instance, signal, searches } = task
  let gold: RowGold | null = null
  try {
    const startedMs = bench.clock.nowMs()
    const found = await bench.gold(instance, signal)
    gold = found.gold
    const goldMs = bench.clock.nowMs() - startedMs
    const { root, missing, history } = await bench.snapshot(instance, found.commit, signal)
    const snapshotMs = bench.clock.nowMs() - startedMs - goldMs
    const times = { snapshotMs, goldMs: goldMs / Math.max(1, searches) }
    return { ok: true, gold, commit: found.commit, root, missing, history, ...times }
  } catch (error) {
    return { ok: false, gold, error: failureOf(error, signal) }
  }
}

interface Search {
  readonly instance: RunInstance
  readonly fileName: string
  readonly prepared: Prepared
  readonly contestant: Contestant
  readonly base: RowInstance
  readonly signal: AbortSignal
}

async function runContestant<I extends RunInstance>(bench: Bench<I>, search: Search): Promise<Row> {
  const { instance, fileName, prepared, contestant, base, signal } = search
  // Relative to the run's folder.
  const trajectory = `trajectories/${toFileName(contestant.name)}/${fileName}.jsonl`
  const path = join(bench.folder, trajectory)
  const limit = AbortSignal.timeout(bench.searchLimitMs)
  const startedMs = bench.clock.nowMs()
  try {
    mkdirSync(dirname(path), { recursive: true })
    const result = await contestant.run({
      root: prepared.root,
      history: prepared.history,
      issue: instance.issue,
      seed: bench.seed,
      repository: { name: instance.repo, commit: prepared.commit },
      trajectory: path,
      signal: AbortSignal.any([signal, limit]),
    })
    const { prediction, stats, confidence } = result
    const harnessMs = prepared.goldMs + bench.clock.nowMs() - startedMs - stats.ms.total
    return {
      ...base,
      status: 'done',
      gold: prepared.gold,
      score: scorePrediction(prediction, prepared.gold),
      files: prediction.files,
      functions: prediction.functions,
      ranking: prediction.ranking,
      confidence,
      stats: { ...stats, goldCalls: countGoldCalls(result.observations, prepared.gold.files) },
      setupMs: { snapshot: prepared.snapshotMs, harness: harnessMs },
      missingFiles: prepared.missing,
      trajectory: result.hasTrajectory ? trajectory : null,
    }
  } catch (error) {
    if (limit.aborted && !signal.aborted) return failedRow(base, timedOut(bench.searchLimitMs), trajectory)
    return failedRow(base, failureOf(error, signal), trajectory)
  }
}

/** The failure of a search that went on for too long. */
export function timedOut(limitMs: number): FailedRow['error'] {
  const message = `The search was still running after ${Math.round(limitMs / 1_000)} s and was stopped. Set a shorter --deadline, at which the best answer so far is taken.`
  return { code: 'timed-out', message }
}

/** A failure as a row tells it, a bug of ours included. An abort and a full disk are thrown on: the run ends there. */
function failureOf(error: unknown, signal: AbortSignal): FailedRow['error'] {
  signal.throwIfAborted()
  if (error instanceof FuseSearchError && error.code !== 'write-failed')
    return { code: error.code, message: error.message }
  if (!(error instanceof FuseSearchError) && error instanceof Error) {
    return {
      code: 'bug',
      message: `This is a bug: ${error.message}. Run the instance alone with FUSESEARCH_DEBUG=1 and report it.`,
    }
  }
  throw error
}

/** Calls that showed a gold file in any form. */
function countGoldCalls(observations: readonly Observation[], gold: readonly string[]): number {
  const wanted = new Set(gold)
  return observations.filter((observation) => pathsOf(observation).some((path) => wanted.has(path))).length
}

function pathsOf(observation: Observation): readonly string[] {
  if (!observation.ok) return []
  if (observation.tool === 'glob') return observation.paths
  if (observation.tool === 'read_file') return observation.lines.length > 0 ? [observation.path] : []
  if (observation.tool === 'history') return [...historyPaths(observation)]
  if (observation.mode === 'paths') return observation.paths
  return observation.mode === 'counts'
    ? observation.counts.map(({ path }) => path)
    : observation.files.map(({ path }) => path)
}
