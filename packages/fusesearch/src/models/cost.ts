import type { Usage } from './chat.ts'

/** Prices of a million tokens, in whatever currency the vendor names. */
export interface Price {
  readonly inputPerMillion: number
  readonly outputPerMillion: number
  /** Of input that came from the endpoint's cache; the whole price of input where none is given. */
  readonly cachedPerMillion?: number
}

const MILLION = 1_000_000

/**
 * What tokens cost, in the currency of the price. Cached tokens are part of the input and cost their own price; what an
 * endpoint doesn't say is counted as not cached. What a vendor adds for writing to a cache isn't known and isn't in it.
 */
export function costOf({ cachedTokens, inputTokens, outputTokens }: Usage, price: Price): number {
  const cached = Math.min(cachedTokens ?? 0, inputTokens)
  const cachedPrice = price.cachedPerMillion ?? price.inputPerMillion
  const input = (inputTokens - cached) * price.inputPerMillion + cached * cachedPrice
  return (input + outputTokens * price.outputPerMillion) / MILLION
}
