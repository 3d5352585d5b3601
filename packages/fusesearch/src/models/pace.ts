/** Spreads requests to an endpoint over time, so that it needn't refuse them. Several processes can share one pace. */
export interface Pace {
  /**
   * Waits until a request of about this many tokens may be sent. Resolves to a function to call with the tokens that
   * the request really took. Rejects if `signal` aborts, with its reason.
   */
  enter(tokens: number, signal: AbortSignal): Promise<(tokens: number) => Promise<void>>
  /** Stops all requests for this long, because the endpoint asked for it. */
  hold(ms: number): Promise<void>
}

/** Rough number of characters per token, for the estimate before a request. */
const CHARACTERS_A_TOKEN = 4

/** About how many tokens the text of a request has. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_A_TOKEN)
}
