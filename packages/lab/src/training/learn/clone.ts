import { addGradient, logChances, type PackedPick } from './packed.ts'

/** A loss with its gradient, both means over the decisions. */
export interface Loss {
  readonly loss: number
  readonly gradient: Float64Array
}

/** Behaviour cloning: the mean negative log-likelihood of the decisions that were made (phase 1, paper §3.2). */
export function cloningLoss(parameters: Float64Array, picks: readonly PackedPick[]): Loss {
  const gradient = new Float64Array(parameters.length)
  let loss = 0
  for (const pick of picks) {
    const logs = logChances(parameters, pick)
    loss -= logs[pick.chosen] ?? 0
    // d(-log p_chosen)/d logit_i = p_i - [i is chosen]
    const weights = logs.map((log, option) => Math.exp(log) - (option === pick.chosen ? 1 : 0))
    addGradient(gradient, pick, weights)
  }
  return meanOver(picks.length, loss, gradient)
}

/** Divides sums by their count; nothing counted gives zeros. */
export function meanOver(count: number, loss: number, gradient: Float64Array): Loss {
  const divisor = Math.max(1, count)
  return { loss: loss / divisor, gradient: gradient.map((value) => value / divisor) }
}
