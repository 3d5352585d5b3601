import { createHash } from 'node:crypto'
import { createRng } from 'fusesearch/core'
import { distinctFileNames } from 'fusesearch/git'
import { type Row, rowKey } from '../row.ts'
import type { InstanceTask, RunInstance } from './instance.ts'

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
export function remainingTasks<I extends RunInstance>(options: {
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
