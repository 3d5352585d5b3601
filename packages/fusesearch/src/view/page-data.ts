import {
  type EntityRange,
  extractEntities,
  gainOf,
  noneDiscovered,
  rangeOf,
  type Trajectory,
  type TrajectoryEnd,
  type TrajectoryHeader,
  type TrajectoryTurn,
} from '../agent/index.ts'
import { askedBy } from '../locate/index.ts'
import type { Call, ToolName } from '../search/index.ts'
import { termsIn } from './terms.ts'

/** The page of recorded runs. */
export interface RunsData {
  readonly kind: 'runs'
  readonly runs: readonly ShownRun[]
  /** What the fix changed, if known. */
  readonly gold: ShownGold | null
  /** Link template of a place, with `{path}` and `{line}`; null without links. */
  readonly editor: string | null
  /** Absolute base folder of the paths; null if unknown. */
  readonly root: string | null
}

/** A run with derived data. */
export interface ShownRun {
  /** Distinguishes it from other runs, for example its file. */
  readonly name: string
  readonly header: TrajectoryHeader
  readonly turns: readonly ShownTurn[]
  /** Null while it runs, and after a kill. */
  readonly end: TrajectoryEnd | null
}

/** A turn; `shown[i]` belongs to call i. */
export interface ShownTurn {
  readonly turn: TrajectoryTurn
  readonly shown: readonly ShownCall[]
}

/** Data derived from a call and its observation. */
export interface ShownCall {
  /** The pattern, the path or the query. */
  readonly asked: string
  /** The words of the issue that it searched for. */
  readonly terms: readonly string[]
  /** Its gain and entities; null if the trajectory has only digests. */
  readonly entities: readonly ShownEntity[] | null
}

/** A file or a block of lines that a call showed. */
export interface ShownEntity extends EntityRange {
  /** No earlier call had shown it. */
  readonly isFresh: boolean
}

/** What the fix of an instance changed: a line of `fusesearch gold`. */
export interface ShownGold {
  readonly files: readonly string[]
  readonly functions: readonly {
    readonly path: string
    readonly name: string
    /** Absent if only the name is known. */
    readonly startLine?: number
    readonly endLine?: number
  }[]
}

/** A line of a trajectory in a server's stream; `shown` is present for turns. */
export type LiveLine =
  | { readonly line: TrajectoryHeader | TrajectoryEnd }
  | { readonly line: TrajectoryTurn; readonly shown: readonly ShownCall[] }

/** The calls of a turn that has begun, in a server's stream. */
export interface CallsInFlight {
  /** From 1. */
  readonly turn: number
  readonly calls: readonly { readonly tool: ToolName; readonly asked: string }[]
}

/** Describes calls that have no results yet. */
export function describeInFlight(turn: number, calls: readonly Call[]): CallsInFlight {
  return { turn, calls: calls.map((call) => ({ tool: call.tool, asked: askedBy(call) })) }
}

/** A trajectory in the form for the page. */
export function describeRun(name: string, { header, turns, end }: Trajectory): ShownRun {
  const describe = createTurnDescriber(header.issue)
  return { name, header, turns: turns.map((turn) => ({ turn, shown: describe(turn) })), end }
}

/** Describes the turns of one run, in order, because what is new depends on earlier turns. */
export function createTurnDescriber(issue: string): (turn: TrajectoryTurn) => readonly ShownCall[] {
  const discovered = noneDiscovered()
  return ({ calls, observations }) =>
    calls.map((call, index) => {
      const observation = observations?.[index]
      const described = { asked: askedBy(call), terms: termsIn(issue, call) }
      if (observation === undefined) return { ...described, entities: null }
      const entities = [...extractEntities(observation).revealed].map((entity) => ({
        ...rangeOf(entity),
        isFresh: !discovered.has(entity),
      }))
      gainOf(observation, discovered)
      return { ...described, entities }
    })
}
