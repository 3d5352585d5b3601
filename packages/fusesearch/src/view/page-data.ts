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
  /** What the fix changed, where it is known. */
  readonly gold: ShownGold | null
  /** How to open a place: an address with `{path}` and `{line}`; null without links. */
  readonly editor: string | null
  /** Absolute folder that the paths start from; null where it isn't known. */
  readonly root: string | null
}

/** A run with what is derived from it. */
export interface ShownRun {
  /** What tells it apart from the others, such as its file. */
  readonly name: string
  readonly header: TrajectoryHeader
  readonly turns: readonly ShownTurn[]
  /** Null while it runs, and for one that was killed. */
  readonly end: TrajectoryEnd | null
}

/** A turn; `shown[i]` belongs to call i. */
export interface ShownTurn {
  readonly turn: TrajectoryTurn
  readonly shown: readonly ShownCall[]
}

/** What is derived from a call and its observation. */
export interface ShownCall {
  /** The pattern, the path or the query. */
  readonly asked: string
  /** What it searched for that stands in the issue. */
  readonly terms: readonly string[]
  /** What it was scored by; null where the trajectory holds digests only. */
  readonly entities: readonly ShownEntity[] | null
}

/** A file or a block of lines that a call showed. */
export interface ShownEntity extends EntityRange {
  /** No call before it had shown it. */
  readonly isFresh: boolean
}

/** What the fix of an instance changed: a line of `fusesearch gold`. */
export interface ShownGold {
  readonly files: readonly string[]
  readonly functions: readonly {
    readonly path: string
    readonly name: string
    /** Left out where only the name is known. */
    readonly startLine?: number
    readonly endLine?: number
  }[]
}

/** A line of a trajectory as a server tells it while the search runs; `shown` is there for turns. */
export type LiveLine =
  | { readonly line: TrajectoryHeader | TrajectoryEnd }
  | { readonly line: TrajectoryTurn; readonly shown: readonly ShownCall[] }

/** The calls of a turn that has begun, as a server tells them while they run. */
export interface CallsInFlight {
  /** From 1. */
  readonly turn: number
  readonly calls: readonly { readonly tool: ToolName; readonly asked: string }[]
}

/** Describes calls whose results aren't there yet. */
export function describeInFlight(turn: number, calls: readonly Call[]): CallsInFlight {
  return { turn, calls: calls.map((call) => ({ tool: call.tool, asked: askedBy(call) })) }
}

/** A trajectory as the page shows it. */
export function describeRun(name: string, { header, turns, end }: Trajectory): ShownRun {
  const describe = createTurnDescriber(header.issue)
  return { name, header, turns: turns.map((turn) => ({ turn, shown: describe(turn) })), end }
}

/** Describes the turns of one run. They must come in their order: what is new depends on the turns before. */
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
