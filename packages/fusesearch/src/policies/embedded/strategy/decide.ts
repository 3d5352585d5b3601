import type { Rng } from '../../../core/index.ts'
import type { Option, Pick } from './options.ts'
import { chancesOf, type Strategy, scoreOptions } from './strategy.ts'

/** How the options of a decision are chosen between. */
export interface Decider {
  /** Index of the chosen option. */
  choose(state: readonly number[], options: readonly Option[]): number
}

/** How a strategy is followed. */
export interface DeciderOptions {
  /** Samples at the temperature instead of taking the best. */
  readonly sample?: { readonly rng: Rng; readonly temperature: number } | undefined
  /** Told of each decision between more than one option. */
  readonly record?: ((pick: Pick) => void) | undefined
}

/** Follows a strategy: the best-scored option, the first of equals; or one drawn by the chances. */
export function createDecider(strategy: Strategy, { sample, record }: DeciderOptions): Decider {
  return {
    choose(state, options) {
      const scores = scoreOptions(strategy, { state, options })
      const chosen =
        sample === undefined ? indexOfBest(scores) : draw(chancesOf(scores, sample.temperature), sample.rng)
      if (options.length > 1) record?.({ state, options, chosen })
      return chosen
    },
  }
}

function indexOfBest(scores: readonly number[]): number {
  let best = 0
  for (let index = 1; index < scores.length; index += 1) if ((scores[index] ?? 0) > (scores[best] ?? 0)) best = index
  return best
}

function draw(chances: readonly number[], rng: Rng): number {
  let left = rng.next()
  for (const [index, chance] of chances.entries()) {
    left -= chance
    if (left < 0) return index
  }
  return chances.length - 1
}
