/** Spreads the requests to an endpoint over time, so that it need not refuse them. Several processes may share one. */
export interface Pace {
  /**
   * Waits until a request of about so many tokens may be sent; resolves to what is to be called with the tokens that it
   * took in the end. Rejects with the reason of an aborted `signal`.
   */
  enter(tokens: number, signal: AbortSignal): Promise<(tokens: number) => Promise<void>>
  /** Lets nobody send a request for so long: the endpoint has asked for it. */
  hold(ms: number): Promise<void>
}

/** Characters of a token, about; only the estimate before a request needs it. */
const CHARACTERS_A_TOKEN = 4

/** About how many tokens the text of a request has. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_A_TOKEN)
}
