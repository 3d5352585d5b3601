import { jsonLine } from '../core/index.ts'
import { digestOf } from './digest.ts'
import type { RunEvent, RunListener, TurnRecord } from './run.ts'
import {
  TRAJECTORY_SCHEMA,
  TRAJECTORY_VERSION,
  type TrajectoryFacts,
  type TrajectoryLine,
  type TrajectoryTurn,
} from './trajectory.ts'

/** Makes a listener that writes a run's trajectory, each line (with its newline) as soon as it is known. */
export function createRecorder(facts: TrajectoryFacts, write: (line: string) => void): RunListener {
  return (event) => {
    const line = trajectoryLine(event, facts)
    if (line !== null) write(jsonLine(line))
  }
}

/** The line that an event adds to a trajectory; null for one that adds none. */
export function trajectoryLine(event: RunEvent, facts: TrajectoryFacts): TrajectoryLine | null {
  switch (event.kind) {
    case 'started':
      return { kind: 'header', schema: TRAJECTORY_SCHEMA, version: TRAJECTORY_VERSION, ...facts, ...event.start }
    case 'turn-finished':
      return turnLine(event.turn, facts.full)
    case 'answered':
      return { kind: 'end', ...event.end }
    case 'turn-decided':
      return null
    default:
      return event satisfies never
  }
}

function turnLine({ observations, ...turn }: TurnRecord, full: boolean): TrajectoryTurn {
  const digests = observations.map(digestOf)
  return { kind: 'turn', ...turn, digests, ...(full ? { observations } : {}) }
}
