import type { Misbehaviour } from '../misbehaviour.ts'
import { BODIES } from './bodies.ts'
import { CALLS } from './calls.ts'
import { CONNECTIONS } from './connections.ts'
import { ENDINGS } from './endings.ts'
import { MINDS } from './minds.ts'
import { PARAMETERS } from './parameters.ts'
import { REFUSALS } from './refusals.ts'
import { STREAMS } from './streams.ts'

/** Every way to misbehave, in the order of `docs/models.md`, which shows the same table. */
export const MISBEHAVIOURS: readonly Misbehaviour[] = [
  ...REFUSALS,
  ...PARAMETERS,
  ...CONNECTIONS,
  ...BODIES,
  ...STREAMS,
  ...ENDINGS,
  ...CALLS,
  ...MINDS,
]

/** The misbehaviour of a name. Throws for a name that there isn't: a script of ours is wrong. */
export function findMisbehaviour(name: string): Misbehaviour {
  const found = MISBEHAVIOURS.find((misbehaviour) => misbehaviour.name === name)
  if (found === undefined) throw new Error(`There is no misbehaviour "${name}"; MISBEHAVIOURS names them all.`)
  return found
}
