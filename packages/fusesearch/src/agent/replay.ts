import { FuseSearchError } from '../core/index.ts'
import type { Call, Observation } from '../search/index.ts'
import type { RunCalls } from './run.ts'
import type { Trajectory, TrajectoryTurn } from './trajectory.ts'

/**
 * Makes a runner that serves the observations of a recorded run, turn by turn, with no repository at hand.
 * For one run of the loop, with the header's issue, seed and budget (but no deadline).
 *
 * Throws `bad-trajectory` when the trajectory holds digests only; the runner rejects with it, saying where, when the
 * policy issues other calls than the recorded ones or continues after them.
 */
export function replayCalls(trajectory: Trajectory): RunCalls {
  if (!trajectory.header.full) {
    throw mismatch(
      "The trajectory has digests instead of observations, so it can't be replayed. Record it with --full.",
    )
  }
  let turn = 0
  return async (calls, { signal }) => {
    signal.throwIfAborted()
    return { observations: serve(trajectory, ++turn, calls) }
  }
}

function serve(trajectory: Trajectory, turn: number, calls: readonly Call[]): readonly Observation[] {
  const recorded = trajectory.turns[turn - 1]
  if (recorded?.observations === undefined) throw mismatch(beyondEnd(trajectory, turn, calls))
  const difference = firstDifference(recorded, calls)
  if (difference !== null) throw mismatch(`Turn ${turn} differs from the trajectory: ${difference}. ${RECORD_AGAIN}`)
  return recorded.observations
}

const RECORD_AGAIN = 'Replay it with the policy and the version that recorded it, or record the run again.'

function beyondEnd({ turns, end }: Trajectory, turn: number, calls: readonly Call[]): string {
  const asked = `the policy issues ${calls.length} calls in turn ${turn}, but the trajectory has ${turns.length} turns`
  if (end === null) return `The recorded run was stopped early: ${asked}. Record it again to its end.`
  const stop = end.stoppedBy === 'deadline' ? 'The recorded run reached its deadline' : 'The recorded run had answered'
  return `${stop}: ${asked}. ${RECORD_AGAIN}`
}

function firstDifference({ calls: recorded }: TrajectoryTurn, calls: readonly Call[]): string | null {
  for (let index = 0; index < Math.max(recorded.length, calls.length); index++) {
    const [was, is] = [textOf(recorded[index]), textOf(calls[index])]
    if (was !== is) return `call ${index + 1} was ${was} and is now ${is}`
  }
  return null
}

/** A call as text, the same for equal calls whatever the order of their arguments. */
function textOf(call: Call | undefined): string {
  if (call === undefined) return 'none'
  const named = Object.entries(call.arguments).filter(([, value]) => value !== undefined)
  const sorted = named.sort(([a], [b]) => (a < b ? -1 : 1))
  return `${call.tool} ${JSON.stringify(Object.fromEntries(sorted))}`
}

function mismatch(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-trajectory' })
}
