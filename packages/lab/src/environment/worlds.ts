import type { HistoryPlace } from 'fusesearch/search'
import type { GoldSets, Preparer } from '../evaluation/index.ts'
import { rowGold } from '../evaluation/index.ts'
import type { ChosenTask } from './tasks.ts'

/** A prepared task: its files and, only for the reward, its gold. */
export interface World {
  readonly root: string
  readonly commit: string
  readonly history: HistoryPlace | undefined
  readonly gold: GoldSets
}

/** Prepares worlds; concurrent sessions with the same task share the work. */
export class Worlds {
  readonly #preparer: Preparer
  readonly #closing: AbortSignal
  readonly #begun = new Map<string, Promise<World>>()

  constructor(preparer: Preparer, closing: AbortSignal) {
    this.#preparer = preparer
    this.#closing = closing
  }

  /**
   * Throws FuseSearchError if the instance is unavailable. Continues when the requester is gone, because others may
   * come.
   */
  open({ instance, spec }: ChosenTask): Promise<World> {
    const key = `${spec.split}\n${spec.index}`
    const begun = this.#begun.get(key)
    if (begun !== undefined) return begun
    const opening = this.#open(instance).finally(() => this.#begun.delete(key))
    // The requester may be gone when it fails.
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
