import type { ObjectReader } from 'fusesearch/git'
import type { Instance } from '../instance.ts'
import { fixOf } from './fix.ts'
import type { Gold } from './gold.ts'

/** An instance's gold and the commit that it speaks of. */
export interface GoldAtBase {
  readonly baseCommit: string
  readonly gold: Gold
}

/**
 * The gold of an instance alone; see {@link fixOf}.
 * @throws FuseSearchError `bad-patch`, `unknown-commit`, `snapshot-failed` or `git-failed`, for this instance alone.
 */
export async function goldOf(instance: Instance, objects: ObjectReader, signal?: AbortSignal): Promise<GoldAtBase> {
  const { baseCommit, gold } = await fixOf(instance, objects, signal)
  return { baseCommit, gold }
}
