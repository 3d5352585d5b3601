import type { WireName } from '../wires/wire.ts'
import type { Exchange } from './exchange.ts'

/** One way in which endpoints or models are known to misbehave. */
export interface Misbehaviour {
  /** Stable: scripts and documentation refer to it. */
  readonly name: string
  readonly description: string
  /** The wire forms in which it can occur. */
  readonly wires: readonly WireName[]
  /** Answers the request wrongly. What it returns is waited for. */
  readonly play: (exchange: Exchange) => void | Promise<void>
}

export const BOTH: readonly WireName[] = ['openai', 'anthropic']
export const OPENAI: readonly WireName[] = ['openai']
export const ANTHROPIC: readonly WireName[] = ['anthropic']
