import type { Play } from '../exchange.ts'
import type { MisbehaviourName } from '../table.ts'
import { BODIES } from './bodies.ts'
import { CALLS } from './calls.ts'
import { CONNECTIONS } from './connections.ts'
import { ENDINGS } from './endings.ts'
import { MINDS } from './minds.ts'
import { PARAMETERS, REFUSALS } from './refusals.ts'
import { STREAMS } from './streams.ts'

/** A play for each misbehaviour of the table; the compiler finds one that is missing. */
export const PLAYS: Readonly<Record<MisbehaviourName, Play>> = {
  ...REFUSALS,
  ...PARAMETERS,
  ...CONNECTIONS,
  ...BODIES,
  ...STREAMS,
  ...ENDINGS,
  ...CALLS,
  ...MINDS,
}
