import type { NamedPlay } from '../play.ts'
import { BODIES } from './bodies.ts'
import { CALLS } from './calls.ts'
import { CONNECTIONS } from './connections.ts'
import { ENDINGS } from './endings.ts'
import { MINDS } from './minds.ts'
import { PARAMETERS } from './parameters.ts'
import { REFUSALS } from './refusals.ts'
import { STREAMS } from './streams.ts'

/** Every play, in the order of the table of misbehaviours. */
export const PLAYS: readonly NamedPlay[] = [
  ...REFUSALS,
  ...PARAMETERS,
  ...CONNECTIONS,
  ...BODIES,
  ...STREAMS,
  ...ENDINGS,
  ...CALLS,
  ...MINDS,
]

/** The play of a misbehaviour. Throws for a name that there isn't: a script of ours is wrong. */
export function findPlay(name: string): NamedPlay {
  const found = PLAYS.find((play) => play.name === name)
  if (found === undefined) throw new Error(`There is no misbehaviour "${name}"; MISBEHAVIOURS names them all.`)
  return found
}
