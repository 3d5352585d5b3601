import { type Choice, OWN_WIDTH, offsetOf, STATE_WIDTH } from 'fusesearch/policies'

/**
 * A choice between options as flat numbers, for gradients. `own` holds `offsets.length × OWN_WIDTH` features; an
 * option's parameters begin at its offset.
 */
export interface PackedChoice {
  readonly state: Float32Array
  readonly own: Float32Array
  readonly offsets: Int32Array
  readonly chosen: number
}

export function packChoice({ state, options, chosen }: Choice): PackedChoice {
  const own = new Float32Array(options.length * OWN_WIDTH)
  for (const [index, option] of options.entries()) own.set(option.own, index * OWN_WIDTH)
  return {
    state: Float32Array.from(state),
    own,
    offsets: Int32Array.from(options, ({ kind }) => offsetOf(kind)),
    chosen,
  }
}

/** Log-probabilities of the options under the parameters. */
export function logProbabilities(parameters: Float64Array, { state, own, offsets }: PackedChoice): Float64Array {
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
function addGradient(gradient: Float64Array, { state, own, offsets }: PackedChoice, weights: Float64Array): void {
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

/** A loss with its gradient, both means over the samples. */
export interface Loss {
  readonly loss: number
  readonly gradient: Float64Array
}

/** Behaviour cloning: the mean negative log-likelihood of the chosen options (phase 1, paper §3.2). */
export function cloningLoss(parameters: Float64Array, choices: readonly PackedChoice[]): Loss {
  const gradient = new Float64Array(parameters.length)
  let loss = 0
  for (const choice of choices) {
    const logs = logProbabilities(parameters, choice)
    loss -= logs[choice.chosen] ?? 0
    // d(-log p_chosen)/d logit_i = p_i - [i is chosen]
    const weights = logs.map((log, option) => Math.exp(log) - (option === choice.chosen ? 1 : 0))
    addGradient(gradient, choice, weights)
  }
  return meanOver(choices.length, loss, gradient)
}

/** Divides sums by their count; a count of 0 gives zeros. */
export function meanOver(count: number, loss: number, gradient: Float64Array): Loss {
  const divisor = Math.max(1, count)
  return { loss: loss / divisor, gradient: gradient.map((value) => value / divisor) }
}

/** Settings of the objective (Shao et al. 2024, eq. 3). */
export interface GrpoSettings {
  /** Ratios of new to old probabilities are clipped to 1 ± this. */
  readonly clip: number
  /** Weight of the KL divergence from the reference. */
  readonly kl: number
  /** Weight of the entropy bonus. */
  readonly entropy: number
}

/** A choice of a rollout with what the update needs. */
export interface WeightedChoice {
  readonly choice: PackedChoice
  /** Advantage of its trajectory. */
  readonly advantage: number
  /** Log-probability of the chosen option when it was drawn. */
  readonly oldLog: number
  /** Log-probabilities of all options under the reference. */
  readonly reference: Float64Array
}

/** The objective's value and parts. */
export interface GrpoLoss extends Loss {
  /** Mean KL divergence from the reference over the choices, in nats. */
  readonly kl: number
  readonly entropy: number
  /** Share of choices whose ratio was clipped. */
  readonly clipped: number
}

/**
 * GRPO: minus the mean of min(r·A, clip(r)·A), plus kl·KL(policy ‖ reference), minus entropy·H. The KL divergence is
 * exact, because a choice has few options.
 */
export function grpoLoss(
  parameters: Float64Array,
  choices: readonly WeightedChoice[],
  settings: GrpoSettings,
): GrpoLoss {
  const gradient = new Float64Array(parameters.length)
  let [loss, kl, entropy, clipped] = [0, 0, 0, 0]
  for (const { choice, advantage, oldLog, reference } of choices) {
    const logs = logProbabilities(parameters, choice)
    const probabilities = logs.map(Math.exp)
    const ratio = Math.exp((logs[choice.chosen] ?? 0) - oldLog)
    const bounded = Math.min(1 + settings.clip, Math.max(1 - settings.clip, ratio))
    const isClipped = bounded * advantage < ratio * advantage
    const choiceKl = sumOver(
      probabilities,
      (probability, option) => probability * ((logs[option] ?? 0) - (reference[option] ?? 0)),
    )
    const choiceEntropy = sumOver(probabilities, (probability, option) => -probability * (logs[option] ?? 0))
    loss +=
      -Math.min(ratio * advantage, bounded * advantage) + settings.kl * choiceKl - settings.entropy * choiceEntropy
    kl += choiceKl
    entropy += choiceEntropy
    if (isClipped) clipped += 1
    const slope = isClipped ? 0 : -ratio * advantage
    const weights = probabilities.map((probability, option) => {
      const log = logs[option] ?? 0
      const towards = slope * ((option === choice.chosen ? 1 : 0) - probability)
      const divergence = probability * (log - (reference[option] ?? 0) - choiceKl)
      const spread = -probability * (log + choiceEntropy)
      return towards + settings.kl * divergence - settings.entropy * spread
    })
    addGradient(gradient, choice, weights)
  }
  const count = Math.max(1, choices.length)
  const parts = { kl: kl / count, entropy: entropy / count, clipped: clipped / count }
  return { ...meanOver(choices.length, loss, gradient), ...parts }
}

/** Advantages of a group: rewards minus their mean, divided by their standard deviation; zeros when all are equal. */
export function groupAdvantages(rewards: readonly number[]): number[] {
  return updateAdvantages([rewards])[0] ?? []
}

/**
 * Advantages of all groups of an update, divided by the standard deviation of all rewards from the means of their
 * groups (as in REINFORCE++, Hu 2025): a group with similar rewards counts little. Divided per group, as in GRPO, a
 * group that differs only in efficiency counts as much as one that differs in correctness.
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
