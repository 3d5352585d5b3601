import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { languageOf } from 'fusesearch/code'
import { type Clock, FuseSearchError, joinSignals } from 'fusesearch/core'
import { toFileName } from 'fusesearch/git'
import { historyPaths, type Observation } from 'fusesearch/search'
import type { Instance } from '../../datasets/index.ts'
import { issueKinds } from '../metrics/issue-kind.ts'
import { type FailedRow, ROW_VERSION, type Row, type RowGold, type RowInstance } from '../row.ts'
import { scorePrediction } from '../score.ts'
import type { Contestant } from './contestant.ts'
import { type InstanceFiles, type Preparer, rowGold } from './prepare.ts'

/** What every instance of a run shares. */
export interface RunContext {
  readonly contestants: readonly Contestant[]
  readonly preparer: Preparer
  /** The run's folder. */
  readonly folder: string
  readonly seed: number
  /** A search that takes longer is aborted and fails. */
  readonly searchLimitMs: number
  readonly clock: Clock
}

/** An instance, and the policies to run on it. */
export interface InstanceTask {
  readonly instance: Instance
  /** File name of its trajectories without an ending; unique in the run. */
  readonly fileName: string
  readonly policies: readonly string[]
}

/**
 * An event of an instance: a search begins (`base` is the part of its row that is already known), or a row is finished.
 */
export type InstanceEvent =
  | { readonly kind: 'searching'; readonly base: RowInstance }
  | { readonly kind: 'row'; readonly row: Row }

/**
 * Runs an instance under each of the task's policies. A failure becomes a failed row: errors are caught here.
 * Rejects when `signal` is aborted, and with `write-failed` when the disk is full.
 */
export async function runInstance(
  context: RunContext,
  task: InstanceTask & { readonly signal: AbortSignal },
  onEvent: (event: InstanceEvent) => void,
): Promise<void> {
  const { instance, fileName, signal } = task
  const contestants = context.contestants.filter(({ name }) => task.policies.includes(name))
  const prepared = await prepare(context, { ...task, searches: contestants.length })
  for (const contestant of contestants) {
    const base = describeInstance(instance, contestant.name, prepared.gold)
    if (!prepared.ok) {
      onEvent({ kind: 'row', row: failedRow(base, prepared.error) })
      continue
    }
    onEvent({ kind: 'searching', base })
    onEvent({
      kind: 'row',
      row: await runContestant(context, { instance, fileName, signal, prepared, contestant, base }),
    })
  }
}

/** The row of a failure. */
export function failedRow(base: RowInstance, error: FailedRow['error'], trajectory: string | null = null): FailedRow {
  return { ...base, status: 'failed', error, trajectory }
}

/** The path of an instance's trajectory in the run's folder. */
export function trajectoryOf(policy: string, fileName: string): string {
  return `trajectories/${toFileName(policy)}/${fileName}.jsonl`
}

/** The part that every row of the instance has. */
export function describeInstance(instance: Instance, policy: string, gold: RowGold | null): RowInstance {
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

interface Prepared {
  readonly ok: true
  readonly gold: RowGold
  readonly commit: string
  readonly files: InstanceFiles
  readonly snapshotMs: number
  /** A search's share of the time for gold and repository. */
  readonly goldMs: number
}

/** Keeps the gold if only the files are missing: the failed row then counts as zero at the levels with gold. */
interface NotPrepared {
  readonly ok: false
  readonly gold: RowGold | null
  readonly error: FailedRow['error']
}

async function prepare(
  { preparer, clock }: RunContext,
  {
    instance,
    signal,
    searches,
  }: { readonly instance: Instance; readonly signal: AbortSignal; readonly searches: number },
): Promise<Prepared | NotPrepared> {
  let gold: RowGold | null = null
  try {
    const startedMs = clock.nowMs()
    const found = await preparer.gold(instance, signal)
    gold = rowGold(found.gold)
    const goldMs = clock.nowMs() - startedMs
    const commit = found.baseCommit
    const files = await preparer.snapshot(instance, commit, signal)
    const snapshotMs = clock.nowMs() - startedMs - goldMs
    return { ok: true, gold, commit, files, snapshotMs, goldMs: goldMs / Math.max(1, searches) }
  } catch (error) {
    return { ok: false, gold, error: failureOf(error, signal) }
  }
}

interface Search {
  readonly instance: Instance
  readonly fileName: string
  readonly prepared: Prepared
  readonly contestant: Contestant
  readonly base: RowInstance
  readonly signal: AbortSignal
}

async function runContestant(context: RunContext, search: Search): Promise<Row> {
  const { instance, fileName, prepared, contestant, base, signal } = search
  const trajectory = trajectoryOf(contestant.name, fileName)
  const path = join(context.folder, trajectory)
  const limit = AbortSignal.timeout(context.searchLimitMs)
  const stop = joinSignals([signal, limit])
  const startedMs = context.clock.nowMs()
  try {
    mkdirSync(dirname(path), { recursive: true })
    const result = await contestant.run({
      root: prepared.files.root,
      history: prepared.files.history,
      issue: instance.issue,
      seed: context.seed,
      repository: { name: instance.repo, commit: prepared.commit },
      trajectory: path,
      signal: stop.signal,
    })
    const { prediction, stats, confidence } = result
    const harnessMs = prepared.goldMs + context.clock.nowMs() - startedMs - stats.ms.total
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
      missingFiles: prepared.files.missing,
      trajectory: result.hasTrajectory ? trajectory : null,
    }
  } catch (error) {
    if (limit.aborted && !signal.aborted) return failedRow(base, timedOut(context.searchLimitMs), trajectory)
    return failedRow(base, failureOf(error, signal), trajectory)
  } finally {
    stop.close()
  }
}

/** The failure of a search that exceeded its time. */
export function timedOut(limitMs: number): FailedRow['error'] {
  const message = `The search was still running after ${Math.round(limitMs / 1_000)} s and was stopped. Set a shorter --deadline, which returns the best answer so far.`
  return { code: 'timed-out', message }
}

/** A failure as a row, including our own bugs. An abort and a full disk are rethrown, because they end the run. */
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
