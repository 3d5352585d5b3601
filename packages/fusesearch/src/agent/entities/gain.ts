import type { Observation } from '../../search/index.ts'
import type { Entity } from './entity.ts'
import { extractEntities } from './extract.ts'

/** H: all entities that a run has discovered so far. Only {@link gainOf} adds to them. */
export interface Discovered {
  /** Entities discovered. */
  readonly size: number
  has(entity: Entity): boolean
  add(entity: Entity): void
}

/** What one call discovered. */
export interface Gain {
  /** g_i = |E_i \ H| / |E_i|, 0 where E_i is empty; in [0, 1]. */
  readonly gain: number
  /** |E_i| */
  readonly revealed: number
  /** |E_i \ H| */
  readonly fresh: number
}

/** Nothing discovered yet, for the start of a run. */
export function noneDiscovered(): Discovered {
  const known = new Set<Entity>()
  return {
    get size() {
      return known.size
    },
    has: (entity) => known.has(entity),
    add: (entity) => void known.add(entity),
  }
}

/**
 * Measures how much of an observation is new, then adds all its entities to the discovered ones (paper §3).
 * Calls of one turn are passed in the order in which they were issued.
 */
export function gainOf(observation: Observation, discovered: Discovered): Gain {
  const { revealed, alsoMarked } = extractEntities(observation)
  const before = discovered.size
  for (const entity of revealed) discovered.add(entity)
  const fresh = discovered.size - before
  for (const entity of alsoMarked) discovered.add(entity)
  return { gain: revealed.size === 0 ? 0 : fresh / revealed.size, revealed: revealed.size, fresh }
}
