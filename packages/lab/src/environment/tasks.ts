import { createRng } from 'fusesearch/core'
import type { Instance } from '../datasets/index.ts'
import { MAX_TASKS_LISTED } from './limits.ts'
import { WireError } from './messages.ts'

/** Instances under a name, such as `train`. */
export interface Split {
  readonly name: string
  readonly instances: readonly Instance[]
}

/** The public part of a task: nothing about the fix. */
export interface TaskSpec {
  readonly id: string
  readonly index: number
  readonly split: string
  readonly repository: string
  readonly issue: string
}

/** A chosen task. */
export interface ChosenTask {
  readonly spec: TaskSpec
  readonly instance: Instance
}

/** How a reset chooses. */
interface Choice {
  readonly split?: string | null | undefined
  readonly index?: number | null | undefined
  readonly seed?: number | null | undefined
}

/** The tasks that a server has. */
export class Tasks {
  readonly #splits: ReadonlyMap<string, readonly Instance[]>
  readonly #first: string
  readonly #next = new Map<string, number>()

  /** Splits hold at least one instance each, and there is at least one split. */
  constructor(splits: readonly Split[]) {
    this.#splits = new Map(splits.map(({ name, instances }) => [name, instances]))
    this.#first = splits[0]?.name ?? ''
  }

  splits(): readonly string[] {
    return [...this.#splits.keys()]
  }

  /** Undefined for a split that doesn't exist. */
  count(split: string): number | undefined {
    return this.#splits.get(split)?.length
  }

  /** Like a Python slice: negative numbers count from the end. At most 1,000 at once. */
  range(split: string, start?: number | null, stop?: number | null): readonly TaskSpec[] {
    const instances = this.#splits.get(split) ?? []
    const picked = instances.map((_, index) => index).slice(start ?? 0, stop ?? undefined)
    return picked.slice(0, MAX_TASKS_LISTED).flatMap((index) => this.task(split, index)?.spec ?? [])
  }

  task(split: string, index: number): ChosenTask | undefined {
    const instance = this.#splits.get(split)?.[index]
    if (instance === undefined) return undefined
    const { id, repo, issue } = instance
    return { instance, spec: { id, index, split, repository: repo, issue } }
  }

  /**
   * The task of a reset: by its index, otherwise drawn by its seed, otherwise the next one in the order of the dataset.
   * Throws VALIDATION_ERROR for a split or an index that doesn't exist.
   */
  choose({ split, index, seed }: Choice): ChosenTask {
    const name = split ?? this.#first
    const count = this.count(name)
    if (count === undefined) {
      const message = `There is no split "${name.slice(0, 100)}". There is ${this.splits().join(', ')}.`
      throw new WireError('VALIDATION_ERROR', message, { errors: [{ loc: ['split'], msg: message }] })
    }
    const chosen = this.task(name, index ?? this.#draw(name, count, seed))
    if (chosen !== undefined) return chosen
    const message = `The split ${name} has ${count} tasks, so index ${index} is out of range. Give 0 to ${count - 1}.`
    throw new WireError('VALIDATION_ERROR', message, { errors: [{ loc: ['index'], msg: message }] })
  }

  #draw(split: string, count: number, seed: number | null | undefined): number {
    if (typeof seed === 'number') return createRng(seed).integer(count)
    const next = this.#next.get(split) ?? 0
    this.#next.set(split, (next + 1) % count)
    return next
  }
}
