import { createHash } from 'node:crypto'
import { type Clock, createRng, shuffled } from 'fusesearch/core'
import { distinctFileNames } from 'fusesearch/git'
import type { Instance } from '../../datasets/index.ts'
import { clockTime, percentOf } from '../../report/index.ts'
import { f1Values } from '../metrics/quality.ts'
import { meanOf } from '../metrics/statistics.ts'
import { type Row, rowKey } from '../row.ts'
import { openRunFolder, type RunHeader } from './folder.ts'
import type { InstanceTask } from './instance.ts'
import type { InstanceRunner } from './runner.ts'

/** A whole run. */
export interface EvaluateOptions {
  readonly instances: readonly Instance[]
  readonly header: RunHeader
  /** Folder of the run, new or to resume. */
  readonly out: string
  readonly retryFailed: boolean
  /**
   * Makes the runners for this many instances, one for each that may run at once; closed at the end. `begun` is the
   * header in the folder, which a resumed run finds there.
   */
  readonly openRunners: (begun: RunHeader, instances: number) => readonly InstanceRunner[]
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called after each row with a line that shows the progress. */
  readonly onProgress?: (line: string, isLast: boolean) => void
  /** Called with all rows after the last one, before the folder is released; `write` puts a file into it. */
  readonly onFinished: (run: FinishedRun) => void | Promise<void>
}

/** A complete run. */
export interface FinishedRun {
  /** Its folder, absolute. */
  readonly folder: string
  readonly header: RunHeader
  readonly rows: readonly Row[]
  /** Time in which this process added rows; a resumed run counts only its last part. */
  readonly wallMs: number
  readonly added: number
  readonly write: (name: string, content: string) => void
}

/**
 * Runs the instances that the folder doesn't have yet. Each row is in the file before the next instance begins, so a
 * kill loses at most the running searches, and the same command resumes the run.
 * Throws what `openRunFolder` throws, `write-failed`, and the reason of an abort.
 */
export async function evaluate(options: EvaluateOptions): Promise<void> {
  const { instances, header, out, clock, signal } = options
  let runners: readonly InstanceRunner[] = []
  try {
    const folder = openRunFolder(out, header)
    try {
      const startedMs = clock.nowMs()
      const tasks = remainingTasks(options, folder.rows)
      const again = new Set(
        tasks.flatMap(({ instance: { id }, policies }) => policies.map((policy) => rowKey({ id, policy }))),
      )
      const rows = folder.rows.filter((row) => !again.has(rowKey(row)))
      const added: Row[] = []
      const total = instances.length * header.identity.policies.length
      runners = options.openRunners(folder.header, tasks.length)
      await runAll(tasks, { runners, signal }, (row) => {
        folder.append(row)
        rows.push(row)
        added.push(row)
        const perSecond = added.length / Math.max(0.001, (clock.nowMs() - startedMs) / 1_000)
        const policy = header.identity.policies[0] ?? ''
        options.onProgress?.(describeProgress(rows, { total, policy, perSecond }), rows.length === total)
      })
      signal.throwIfAborted()
      await options.onFinished({
        folder: out,
        header: folder.header,
        rows: inOrder(rows, instances, header.identity.policies),
        wallMs: clock.nowMs() - startedMs,
        added: added.length,
        write: (name, content) => folder.write(name, content),
      })
    } finally {
      folder.close()
    }
  } finally {
    await Promise.all(runners.map((runner) => runner.close()))
  }
}

/** What remains to run: no row yet, or a failed one that should run again. */
function remainingTasks({ instances, header, retryFailed }: EvaluateOptions, rows: readonly Row[]): InstanceTask[] {
  const done = new Set(rows.filter((row) => row.status === 'done' || !retryFailed).map(rowKey))
  const { policies } = header.identity
  // Over all instances, so that a resumed run chooses the same names.
  const fileNames = distinctFileNames(instances.map(({ id }) => id))
  return instances
    .map((instance) => ({
      instance,
      fileName: fileNames.get(instance.id) ?? '',
      policies: policies.filter((policy) => !done.has(rowKey({ id: instance.id, policy }))),
    }))
    .filter((task) => task.policies.length > 0)
}

async function runAll(
  tasks: readonly InstanceTask[],
  { runners, signal }: { readonly runners: readonly InstanceRunner[]; readonly signal: AbortSignal },
  onRow: (row: Row) => void,
): Promise<void> {
  const queue = [...tasks]
  let isBroken = false
  const work = async (runner: InstanceRunner): Promise<void> => {
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

/** One line for people: `37/99 · 4.2/s · embedded file F1 64.5, function F1 40.1 · 1 failed · 0:32 left`. */
function describeProgress(
  rows: readonly Row[],
  { total, policy, perSecond }: { readonly total: number; readonly policy: string; readonly perSecond: number },
): string {
  const own = rows.filter((row) => row.policy === policy)
  const quality = (['file', 'function'] as const).flatMap((level) => {
    const f1 = meanOf(f1Values(own, level))
    return f1 === null ? [] : [`${level} F1 ${percentOf(f1)}`]
  })
  const failed = rows.filter(({ status }) => status === 'failed').length
  return [
    `${rows.length}/${total}`,
    `${perSecond.toFixed(1)}/s`,
    ...(quality.length === 0 ? [] : [`${policy} ${quality.join(', ')}`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    `${clockTime(((total - rows.length) / perSecond) * 1_000)} left`,
  ].join(' · ')
}

/** In the order of the dataset and of the contestants, regardless of the order in which jobs finished. */
function inOrder(rows: readonly Row[], instances: readonly Instance[], policies: readonly string[]): readonly Row[] {
  const place = new Map(instances.map(({ id }, index) => [id, index * policies.length]))
  const turn = new Map(policies.map((policy, index) => [policy, index]))
  const rank = ({ id, policy }: Row): number => (place.get(id) ?? 0) + (turn.get(policy) ?? 0)
  return rows.toSorted((a, b) => rank(a) - rank(b))
}

/** The instances of a dataset to run. */
export interface Selection {
  /** Only this many, from the start. */
  readonly limit?: number | undefined
  /** This many at random, drawn with the seed, before any limit. */
  readonly sample?: number | undefined
  readonly seed: number
}

/** The selected instances, in the dataset's order. */
export function selectInstances(
  instances: readonly Instance[],
  { limit, sample, seed }: Selection,
): readonly Instance[] {
  const order = shuffled([...instances.keys()], createRng(seed))
  const drawn = new Set(sample === undefined ? order : order.slice(0, sample))
  return instances.filter((_, index) => drawn.has(index)).slice(0, limit)
}

/** A digest of a list of instances, independent of the file's location. */
export function digestInstances(instances: readonly Instance[]): string {
  const hash = createHash('sha256')
  for (const { source: _source, line: _line, ...instance } of instances) hash.update(`${JSON.stringify(instance)}\n`)
  return hash.digest('hex')
}
