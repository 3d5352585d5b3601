import { setTimeout } from 'node:timers/promises'
import { openStop } from '../agent/index.ts'
import { type Clock, untilAborted } from '../core/index.ts'
import { openPlace, type Place, type PlaceOptions } from './place.ts'

/** How long opening may take. */
interface OpeningTime {
  /** Milliseconds from now; null without a deadline. */
  readonly deadlineMs: number | null
  readonly clock: Clock
}

/** How long to wait for a process to end. A file system that doesn't answer delays the caller no longer than this. */
const SETTLE_MS = 1_000

/**
 * Opens the place; undefined if the deadline passes first. A git that is still running is ended then, and also if the
 * signal of the options aborts, which rejects with its reason. Throws what {@link openPlace} throws.
 */
export async function openInTime(
  options: PlaceOptions,
  { deadlineMs, clock }: OpeningTime,
): Promise<Place | undefined> {
  options.signal?.throwIfAborted()
  const stop = openStop({ signal: options.signal, deadlineMs, clock })
  const opening = openPlace(options, stop.signal)
  try {
    return await untilAborted(opening, stop.signal)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    const closed = opening.then(({ workspace }) => workspace.close()).catch(() => undefined)
    await Promise.race([closed, setTimeout(SETTLE_MS, undefined, { ref: false })])
    options.signal?.throwIfAborted()
    return undefined
  } finally {
    stop.close()
  }
}
