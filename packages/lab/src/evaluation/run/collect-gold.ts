import { FuseSearchError } from 'fusesearch/core'
import type { Gold, Instance } from '../../datasets/index.ts'
import type { Preparer } from './prepare.ts'

/** An instance's gold, or the sentence that says why there is none. */
export type CollectedGold =
  | { readonly ok: true; readonly instance: Instance; readonly gold: Gold }
  | { readonly ok: false; readonly instance: Instance; readonly message: string }

/** The gold of each instance, in order; one that can't be had costs no other. Rejects when aborted. */
export async function* collectGold(
  instances: readonly Instance[],
  preparer: Preparer,
  signal: AbortSignal,
): AsyncGenerator<CollectedGold> {
  for (const instance of instances) {
    signal.throwIfAborted()
    yield await goldOrReason(instance, preparer, signal)
  }
}

async function goldOrReason(instance: Instance, preparer: Preparer, signal: AbortSignal): Promise<CollectedGold> {
  try {
    const { gold } = await preparer.gold(instance, signal)
    return { ok: true, instance, gold }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof FuseSearchError) || error.code === 'write-failed') throw error
    const isNamed = error.message.startsWith(instance.id)
    return { ok: false, instance, message: isNamed ? error.message : `${instance.id}: ${error.message}` }
  }
}
