import type { Exchange } from './exchange.ts'

/** How a misbehaviour of the table is played. */
export interface NamedPlay {
  readonly name: string
  /** Answers the request wrongly. What it returns is waited for. */
  readonly play: (exchange: Exchange) => void | Promise<void>
}
