import type { Clock } from '../core/index.ts'
import type { Call, Observation, ToolLimits } from './tool.ts'
import type { Tree } from './tree.ts'

/** How a turn is run. */
export interface TurnOptions {
  readonly limits: ToolLimits
  /** Bytes that the run may still show; the turn's calls use them up in order. */
  readonly bytesLeft: number
  readonly signal: AbortSignal
  readonly clock?: Clock
}

/** How the greps of a turn went over the tree. Equal calls count as often as they were issued. */
export interface SharedWalks {
  readonly greps: number
  /** Of them, those whose walk served more than one grep. */
  readonly sharing: number
}

/** A turn that has run: `observations[i]` and `ms[i]` belong to call i. */
export interface TurnResult {
  readonly observations: readonly Observation[]
  /** Milliseconds from the start of the turn until each call's result was at hand. */
  readonly ms: readonly number[]
  readonly sharedWalks: SharedWalks
}

/**
 * Runs the calls of one turn together; greps share one walk of the tree where their options allow.
 * Results come in the order of the calls and equal, byte for byte, what each call alone returns.
 * A failing call, a time-out and an abort are observations; throws FuseSearchError only when ripgrep
 * is missing or broken or the tree is gone. No process is left behind.
 */
export async function runTurn(_tree: Tree, _calls: readonly Call[], _options: TurnOptions): Promise<TurnResult> {
  throw new Error('under construction')
}
