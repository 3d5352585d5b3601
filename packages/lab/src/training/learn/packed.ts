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
export function addGradient(gradient: Float64Array, { state, own, offsets }: PackedPick, weights: Float64Array): void {
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
