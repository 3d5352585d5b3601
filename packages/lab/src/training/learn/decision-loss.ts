import { type Choice, OWN_WIDTH, offsetOf, STATE_WIDTH } from 'fusesearch/policies'

/**
 * A decision as flat numbers, for gradients. `own` holds `offsets.length × OWN_WIDTH` features; an option's parameters
 * begin at its place in `offsets`.
 */
export interface PackedPick {
  readonly state: Float32Array
  readonly own: Float32Array
  readonly offsets: Int32Array
  readonly chosen: number
}

export function packPick({ state, options, chosen }: Choice): PackedPick {
  const own = new Float32Array(options.length * OWN_WIDTH)
  for (const [index, option] of options.entries()) own.set(option.own, index * OWN_WIDTH)
  return {
    state: Float32Array.from(state),
    own,
    offsets: Int32Array.from(options, ({ kind }) => offsetOf(kind)),
    chosen,
  }
}

/** Natural logarithms of the options' chances under the parameters. */
export function logChances(parameters: Float64Array, { state, own, offsets }: PackedPick): Float64Array {
  const logits = new Float64Array(offsets.length)
  let top = -Infinity
  for (let option = 0; option < offsets.length; option += 1) {
    const offset = offsets[option] ?? 0
    let logit = 0
    for (let index = 0; index < STATE_WIDTH; index += 1)
      logit += (parameters[offset + index] ?? 0) * (state[index] ?? 0)
    for (let index = 0; index < OWN_WIDTH; index += 1) {
      logit += (parameters[offset + STATE_WIDTH + index] ?? 0) * (own[option * OWN_WIDTH + index] ?? 0)
    }
    logits[option] = logit
    top = Math.max(top, logit)
  }
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - top)
  const normaliser = top + Math.log(sum)
  for (let option = 0; option < logits.length; option += 1) logits[option] = (logits[option] ?? 0) - normaliser
  return logits
}

/** Adds `weights[option] · d logit(option) / d parameters` of every option to the gradient. */
function addGradient(gradient: Float64Array, { state, own, offsets }: PackedPick, weights: Float64Array): void {
  for (let option = 0; option < offsets.length; option += 1) {
    const weight = weights[option] ?? 0
    if (weight === 0) continue
    const offset = offsets[option] ?? 0
    for (let index = 0; index < STATE_WIDTH; index += 1) {
      const at = offset + index
      gradient[at] = (gradient[at] ?? 0) + weight * (state[index] ?? 0)
    }
    for (let index = 0; index < OWN_WIDTH; index += 1) {
      const at = offset + STATE_WIDTH + index
      gradient[at] = (gradient[at] ?? 0) + weight * (own[option * OWN_WIDTH + index] ?? 0)
    }
  }
}

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

/** Settings of the objective (Shao et al. 2024, eq. 3). */
export interface GrpoSettings {
  /** Ratios of new to old chances are clipped to 1 ± this. */
  readonly clip: number
  /** Weight of the divergence from the reference. */
  readonly kl: number
  /** Weight of the entropy bonus. */
  readonly entropy: number
}

/** A decision of a rollout with what the update needs of it. */
export interface WeightedPick {
  readonly pick: PackedPick
  /** Of its trajectory, normalised over its group. */
  readonly advantage: number
  /** Log-chance of the chosen option when it was drawn. */
  readonly oldLog: number
  /** Log-chances of all options under the reference. */
  readonly reference: Float64Array
}

/** The objective's value and parts. */
export interface GrpoLoss extends Loss {
  /** Mean divergence from the reference over the decisions, in nats. */
  readonly kl: number
  readonly entropy: number
  /** Share of decisions whose ratio was clipped. */
  readonly clipped: number
}

/**
 * GRPO: minus the mean of min(r·A, clip(r)·A), plus kl·KL(policy ‖ reference), minus entropy·H; the divergence is
 * exact, since a decision has few options.
 */
export function grpoLoss(parameters: Float64Array, picks: readonly WeightedPick[], settings: GrpoSettings): GrpoLoss {
  const gradient = new Float64Array(parameters.length)
  let [loss, kl, entropy, clipped] = [0, 0, 0, 0]
  for (const { pick, advantage, oldLog, reference } of picks) {
    const logs = logChances(parameters, pick)
    const chances = logs.map(Math.exp)
    const ratio = Math.exp((logs[pick.chosen] ?? 0) - oldLog)
    const bounded = Math.min(1 + settings.clip, Math.max(1 - settings.clip, ratio))
    const isClipped = bounded * advantage < ratio * advantage
    const pickKl = sumOver(chances, (chance, option) => chance * ((logs[option] ?? 0) - (reference[option] ?? 0)))
    const pickEntropy = sumOver(chances, (chance, option) => -chance * (logs[option] ?? 0))
    loss += -Math.min(ratio * advantage, bounded * advantage) + settings.kl * pickKl - settings.entropy * pickEntropy
    kl += pickKl
    entropy += pickEntropy
    if (isClipped) clipped += 1
    const slope = isClipped ? 0 : -ratio * advantage
    const weights = chances.map((chance, option) => {
      const log = logs[option] ?? 0
      const towards = slope * ((option === pick.chosen ? 1 : 0) - chance)
      const divergence = chance * (log - (reference[option] ?? 0) - pickKl)
      const spread = -chance * (log + pickEntropy)
      return towards + settings.kl * divergence - settings.entropy * spread
    })
    addGradient(gradient, pick, weights)
  }
  const count = Math.max(1, picks.length)
  const parts = { kl: kl / count, entropy: entropy / count, clipped: clipped / count }
  return { ...meanOver(picks.length, loss, gradient), ...parts }
}

/** Rewards of a group as advantages: less their mean, over their standard deviation; zeros where all are equal. */
export function groupAdvantages(rewards: readonly number[]): number[] {
  return updateAdvantages([rewards])[0] ?? []
}

/**
 * Advantages of all groups of an update, over the deviation of all their rewards from their groups' means (as in
 * REINFORCE++, Hu 2025): a group whose rewards hardly differ counts little. Divided group by group, as GRPO has it, a
 * group that differs in efficiency alone counts as much as one that differs in being right.
 */
export function updateAdvantages(groups: readonly (readonly number[])[]): number[][] {
  const away = groups.map((rewards) => {
    const mean = rewards.reduce((sum, reward) => sum + reward, 0) / Math.max(1, rewards.length)
    return rewards.map((reward) => reward - mean)
  })
  const all = away.flat()
  const deviation = Math.sqrt(all.reduce((sum, value) => sum + value ** 2, 0) / Math.max(1, all.length))
  return away.map((values) => values.map((value) => (deviation < 1e-6 ? 0 : value / deviation)))
}

function sumOver(values: Float64Array, part: (value: number, index: number) => number): number {
  let sum = 0
  for (let index = 0; index < values.length; index += 1) sum += part(values[index] ?? 0, index)
  return sum
}
