import { createHash } from 'node:crypto'
import { type Clock, createRng } from 'fusesearch/core'
import { distinctFileNames } from 'fusesearch/git'
import { clockTime } from '../../report/index.ts'
import { f1Values } from '../metrics/quality.ts'
import { meanOf } from '../metrics/statistics.ts'
import { type Row, rowKey } from '../row.ts'
import { openRunFolder, type RunHeader } from './folder.ts'
import type { InstanceTask, RunInstance } from './instance.ts'
import type { InstanceRunner } from './runner.ts'

/** A whole run. */
export interface EvaluateOptions<I extends RunInstance> {
  readonly instances: readonly I[]
  readonly header: RunHeader
  /** Folder of the run, new or to be resumed. */
  readonly out: string
  readonly retryFailed: boolean
  /** One for each job; closed at the end. */
  readonly runners: readonly InstanceRunner<I>[]
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** Called with all rows when the last is in, while the folder is still held; `write` puts a file into it. */
  readonly onFinished: (run: FinishedRun) => void
}

/** A run whose rows are all there. */
export interface FinishedRun {
  readonly header: RunHeader
  readonly rows: readonly Row[]
  /** Seconds of this process for the rows that it added; a resumed run counts only its last part. */
  readonly wallMs: number
  readonly added: number
  readonly write: (name: string, content: string) => void
}

/**
 * Runs what the folder doesn't hold yet. Each row is in the file before the next instance begins, so a kill at any
 * moment loses at most the searches in flight, and the same command goes on from there.
 * Throws what `openRunFolder` throws, `write-failed`, and the reason of an abort.
 */
export async function evaluate<I extends RunInstance>(options: EvaluateOptions<I>): Promise<void> {
  const { instances, header, out, retryFailed, clock, signal } = options
  const { policies } = header.identity
  try {
    const folder = openRunFolder(out, header)
    try {
      const startedMs = clock.nowMs()
      const tasks = remainingTasks({ instances, policies, rows: folder.rows, retryFailed })
      const again = new Set(tasks.flatMap((task) => task.policies.map((policy) => `${policy}\n${task.instance.id}`)))
      const rows = folder.rows.filter((row) => !again.has(`${row.policy}\n${row.id}`))
      const total = instances.length * policies.length
      const progress = createProgress({ total, policy: policies[0] ?? '', earlier: rows, clock })
      const added: Row[] = []
      await runAll(options, tasks, (row) => {
        folder.append(row)
        added.push(row)
        options.onProgress?.(progress.add(row))
      })
      signal.throwIfAborted()
      const all = inOrder([...rows, ...added], instances)
      const wallMs = clock.nowMs() - startedMs
      options.onFinished({
        header: folder.header,
        rows: all,
        wallMs,
        added: added.length,
        write: (name, content) => folder.write(name, content),
      })
    } finally {
      folder.close()
    }
  } finally {
    await Promise.all(options.runners.map((runner) => runner.close()))
  }
}

async function runAll<I extends RunInstance>(
  { runners, signal }: EvaluateOptions<I>,
  tasks: readonly InstanceTask<I>[],
  onRow: (row: Row) => void,
): Promise<void> {
  const queue = [...tasks]
  let isBroken = false
  const work = async (runner: InstanceRunner<I>): Promise<void> => {
    for (let task = queue.shift(); task !== undefined && !isBroken; task = queue.shift()) {
      signal.throwIfAborted()
      try {
        await runner.run(task, (event) => {
          if (event.kind === 'row') onRow(event.row)
        })
      } catch (error) {
        isBroken = true
        throw error
      }
    }
  }
  const results = await Promise.allSettled(runners.map(work))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** The dataset's order, whatever the order in which jobs finished. */
function inOrder(rows: readonly Row[], instances: readonly RunInstance[]): readonly Row[] {
  const place = new Map(instances.map(({ id }, index) => [id, index]))
  return rows.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
}

/** Which instances of a dataset run. */
export interface Selection {
  /** The first so many. */
  readonly limit?: number
  /** So many at random, drawn with the seed, before any limit. */
  readonly sample?: number
  readonly seed: number
}

/** The selected instances, in the dataset's order. */
export function selectInstances<I>(instances: readonly I[], { limit, sample, seed }: Selection): readonly I[] {
  const drawn = sample === undefined ? instances : drawSample(instances, sample, seed)
  return limit === undefined ? drawn : drawn.slice(0, limit)
}

/** What is still to run: no row yet, or a failed one when these are wanted again. */
function remainingTasks<I extends RunInstance>(options: {
  readonly instances: readonly I[]
  readonly policies: readonly string[]
  readonly rows: readonly Row[]
  readonly retryFailed: boolean
}): InstanceTask<I>[] {
  const { instances, policies, rows, retryFailed } = options
  // Of all instances, so that a resumed run takes the same names.
  const names = distinctFileNames(instances.map(({ id }) => id))
  const done = new Set(rows.filter((row) => row.status === 'done' || !retryFailed).map(rowKey))
  return instances
    .map((instance) => ({
      instance,
      fileName: names.get(instance.id) ?? '',
      policies: policies.filter((policy) => !done.has(rowKey({ id: instance.id, policy }))),
    }))
    .filter((task) => task.policies.length > 0)
}

/** Tells one list of instances from another. */
export function digestInstances(instances: readonly unknown[]): string {
  const hash = createHash('sha256')
  for (const instance of instances) hash.update(`${JSON.stringify(instance)}\n`)
  return hash.digest('hex')
}

function drawSample<I>(instances: readonly I[], size: number, seed: number): readonly I[] {
  const rng = createRng(seed)
  const order = instances.map((_, index) => index)
  for (let last = order.length - 1; last > 0; last--) {
    const other = rng.integer(last + 1)
    const [a, b] = [order[last] ?? 0, order[other] ?? 0]
    order[last] = b
    order[other] = a
  }
  const drawn = new Set(order.slice(0, size))
  return instances.filter((_, index) => drawn.has(index))
}

/** Where a run stands. `f1` is of the first policy, as percent; null before its first row. */
export interface Progress {
  readonly done: number
  readonly total: number
  readonly failed: number
  readonly perSecond: number
  readonly leftMs: number | null
  readonly policy: string
  readonly fileF1: number | null
  readonly functionF1: number | null
}

/** Counts rows as they come; `earlier` ones were there before and say nothing of the speed. */
function createProgress(options: {
  readonly total: number
  readonly policy: string
  readonly earlier: readonly Row[]
  readonly clock: Clock
}): { add(row: Row): Progress } {
  const { total, policy, clock } = options
  const startedMs = clock.nowMs()
  const rows = [...options.earlier]
  let fresh = 0
  return {
    add(row) {
      rows.push(row)
      fresh++
      const seconds = Math.max(0.001, (clock.nowMs() - startedMs) / 1_000)
      const own = rows.filter((other) => other.policy === policy)
      const perSecond = fresh / seconds
      return {
        done: rows.length,
        total,
        failed: rows.filter(({ status }) => status === 'failed').length,
        perSecond,
        leftMs: ((total - rows.length) / perSecond) * 1_000,
        policy,
        fileF1: asPercent(meanOf(f1Values(own, 'file'))),
        functionF1: asPercent(meanOf(f1Values(own, 'function'))),
      }
    },
  }
}

/** One line for people: `37/99 · 4.2/s · embedded file F1 64.5, function F1 40.1 · 1 failed · 0:32 left`. */
export function renderProgress(progress: Progress): string {
  const { done, total, perSecond, policy, fileF1, functionF1, failed, leftMs } = progress
  const quality = [
    ...(fileF1 === null ? [] : [`file F1 ${fileF1.toFixed(1)}`]),
    ...(functionF1 === null ? [] : [`function F1 ${functionF1.toFixed(1)}`]),
  ].join(', ')
  return [
    `${done}/${total}`,
    `${perSecond.toFixed(1)}/s`,
    ...(quality === '' ? [] : [`${policy} ${quality}`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(leftMs === null ? [] : [`${clockTime(leftMs)} left`]),
  ].join(' · ')
}

function asPercent(share: number | null): number | null {
  return share === null ? null : share * 100
}
