import type { HistoryPlace } from 'fusesearch/search'
import type { GoldSets, Preparer } from '../evaluation/index.ts'
import { rowGold } from '../evaluation/index.ts'
import type { ChosenTask } from './tasks.ts'

/** A task made ready: its files and, for the reward alone, its gold. */
export interface World {
  readonly root: string
  readonly commit: string
  readonly history: HistoryPlace | undefined
  readonly gold: GoldSets
}

/** Brings worlds; sessions that ask for the same one at the same moment share the work. */
export class Worlds {
  readonly #preparer: Preparer
  readonly #closing: AbortSignal
  readonly #begun = new Map<string, Promise<World>>()

  constructor(preparer: Preparer, closing: AbortSignal) {
    this.#preparer = preparer
    this.#closing = closing
  }

  /** Throws FuseSearchError for an instance that can't be had. Goes on when who asked is gone: others may come. */
  open({ instance, spec }: ChosenTask): Promise<World> {
    const key = `${spec.split}\n${spec.index}`
    const begun = this.#begun.get(key)
    if (begun !== undefined) return begun
    const opening = this.#open(instance).finally(() => this.#begun.delete(key))
    // Who asked may be gone when it fails.
    opening.catch(() => undefined)
    this.#begun.set(key, opening)
    return opening
  }

  async #open(instance: ChosenTask['instance']): Promise<World> {
    const { gold, baseCommit } = await this.#preparer.gold(instance, this.#closing)
    const { root, history } = await this.#preparer.snapshot(instance, baseCommit, this.#closing)
    const { files, functions } = rowGold(gold)
    return { root, commit: baseCommit, history, gold: { files, functions } }
  }
}
