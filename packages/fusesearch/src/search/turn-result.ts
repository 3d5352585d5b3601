import { type Allowance, MIN_BYTES_LEFT } from './notices.ts'
import { type CallFailure, toFailedObservation } from './scope.ts'
import type { Call, Observation, ToolLimits } from './tool.ts'

/** How the greps of a turn shared walks. Equal calls are counted as often as they were issued. */
export interface SharedWalks {
  readonly greps: number
  /** Those whose walk served more than one grep. */
  readonly sharing: number
}

/** A turn that has run: `observations[i]` and `ms[i]` belong to call i. */
export interface TurnResult {
  readonly observations: readonly Observation[]
  /** Milliseconds from the start of the turn until each call's result was ready. */
  readonly ms: readonly number[]
  readonly sharedWalks: SharedWalks
}

/** The result of a call before the limits of the run; `show` applies them. */
export interface Found {
  readonly result: CallFailure | { readonly ok: true; readonly show: (allowance: Allowance) => Promise<Observation> }
  readonly ms: number
  readonly isShared: boolean
}

/** Shows the results of the calls, in their order, as far as the bytes left allow. */
export async function showAll(
  calls: readonly Call[],
  found: readonly Found[],
  { limits, bytesLeft }: Allowance,
): Promise<TurnResult> {
  const observations: Observation[] = []
  let left = bytesLeft
  for (const [index, { tool }] of calls.entries()) {
    const result = found[index]?.result
    if (result === undefined) throw new Error(`no result for call ${index}`)
    const shown = left < MIN_BYTES_LEFT ? overBudget(limits) : result
    const observation =
      'show' in shown ? await shown.show({ limits, bytesLeft: left }) : toFailedObservation(tool, shown)
    observations.push(observation)
    left -= observation.bytes
  }
  const greps = calls.flatMap(({ tool }, index) => (tool === 'grep' ? [found[index]] : []))
  const sharing = greps.filter((one) => one?.isShared === true).length
  return { observations, ms: found.map(({ ms }) => ms), sharedWalks: { greps: greps.length, sharing } }
}

/** The result of a turn if the run has no bytes left. */
export function showNothing(calls: readonly Call[], limits: ToolLimits): TurnResult {
  return {
    observations: calls.map(({ tool }) => toFailedObservation(tool, overBudget(limits))),
    ms: calls.map(() => 0),
    sharedWalks: { greps: 0, sharing: 0 },
  }
}

function overBudget(limits: ToolLimits): CallFailure {
  const message = `The run has shown its ${limits.maxBytesPerRun} bytes. Answer from what was seen.`
  return { ok: false, code: 'over-budget', message }
}
