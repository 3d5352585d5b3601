import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { languageOf } from '../../code/index.ts'
import { type Clock, FuseSearchError } from '../../core/index.ts'
import type { Observation } from '../../tools/index.ts'
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

/** An instance whose files and gold are at hand. */
export interface PreparedInstance {
  /** Folder with the files of the base commit. */
  readonly root: string
  readonly commit: string
  readonly gold: RowGold
  /** Milliseconds that the snapshot took; never part of a search's time. */
  readonly snapshotMs: number
}

/** What every instance of a run shares. */
export interface Bench<I extends RunInstance> {
  readonly contestants: readonly Contestant[]
  readonly prepare: (instance: I, signal: AbortSignal) => Promise<PreparedInstance>
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
  readonly policies: readonly string[]
}

/** Hears of an instance as it goes. */
export interface InstanceListener {
  /** A search begins; `base` is what its row will say whatever happens. */
  onSearch(base: RowInstance): void
  onRow(row: Row): void
}

/**
 * Runs an instance under each of the task's policies. What fails becomes a failed row; this is the place that catches.
 * Rejects when `signal` is aborted, and with `write-failed` when the disk takes no more.
 */
export async function runInstance<I extends RunInstance>(
  bench: Bench<I>,
  task: InstanceTask<I> & { readonly signal: AbortSignal },
  listener: InstanceListener,
): Promise<void> {
  const { instance, signal } = task
  const startedMs = bench.clock.nowMs()
  const contestants = bench.contestants.filter(({ name }) => task.policies.includes(name))
  let prepared: PreparedInstance
  try {
    prepared = await bench.prepare(instance, signal)
  } catch (error) {
    const failure = failureOf(error, signal)
    for (const { name } of contestants) listener.onRow(failedRow(describeInstance(instance, name, null), failure))
    return
  }
  const preparedMs = bench.clock.nowMs() - startedMs - prepared.snapshotMs
  for (const contestant of contestants) {
    const base = describeInstance(instance, contestant.name, prepared.gold)
    listener.onSearch(base)
    const share = preparedMs / contestants.length
    listener.onRow(await runContestant(bench, { ...task, prepared, contestant, base, preparedMs: share }))
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

interface Search {
  readonly instance: RunInstance
  readonly prepared: PreparedInstance
  readonly contestant: Contestant
  readonly base: RowInstance
  /** This search's share of what came before it: gold and repository, without the snapshot. */
  readonly preparedMs: number
  readonly signal: AbortSignal
}

async function runContestant<I extends RunInstance>(bench: Bench<I>, search: Search): Promise<Row> {
  const { instance, prepared, contestant, base, signal } = search
  const trajectory = trajectoryPath(contestant.name, instance.id)
  const path = join(bench.folder, trajectory)
  const limit = AbortSignal.timeout(bench.searchLimitMs)
  const startedMs = bench.clock.nowMs()
  try {
    mkdirSync(dirname(path), { recursive: true })
    const result = await contestant.run({
      root: prepared.root,
      issue: instance.issue,
      seed: bench.seed,
      repository: { name: instance.repo, commit: prepared.commit },
      trajectory: path,
      signal: AbortSignal.any([signal, limit]),
    })
    const { prediction, stats, confidence } = result
    const harnessMs = search.preparedMs + bench.clock.nowMs() - startedMs - stats.ms.total
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

/** Relative to the run's folder; ids of datasets may hold what file names can't. */
function trajectoryPath(policy: string, id: string): string {
  return `trajectories/${toFileName(policy)}/${toFileName(id)}.jsonl`
}

function toFileName(text: string): string {
  const safe = text.replaceAll(/[^\w.@+-]/g, (character) => `%${character.codePointAt(0)?.toString(16)}`)
  return safe.startsWith('.') ? `%2e${safe.slice(1)}` : safe
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
  if (observation.mode === 'paths') return observation.paths
  return observation.mode === 'counts'
    ? observation.counts.map(({ path }) => path)
    : observation.files.map(({ path }) => path)
}
