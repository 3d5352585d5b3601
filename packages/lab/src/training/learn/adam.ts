/** Settings of Adam (Kingma & Ba 2015), with weight decay towards a point instead of zero. */
export interface AdamSettings {
  readonly learningRate: number
  /** Pull towards `anchor`, per step, relative to the learning rate. */
  readonly decay: number
}

/** What Adam remembers between steps; plain numbers, so that a checkpoint can hold it. */
export interface AdamState {
  step: number
  readonly first: Float64Array
  readonly second: Float64Array
}

const BETA_1 = 0.9
const BETA_2 = 0.99
const EPSILON = 1e-8

export function createAdam(size: number): AdamState {
  return { step: 0, first: new Float64Array(size), second: new Float64Array(size) }
}

/** Moves the parameters against the gradient, in place. Throws RangeError when the gradient isn't finite. */
export function stepAdam(
  parameters: Float64Array,
  { gradient, state, anchor }: { gradient: Float64Array; state: AdamState; anchor: Float64Array },
  { learningRate, decay }: AdamSettings,
): void {
  if (!gradient.every(Number.isFinite)) throw new RangeError('the gradient is not finite')
  state.step += 1
  const scale = (learningRate * Math.sqrt(1 - BETA_2 ** state.step)) / (1 - BETA_1 ** state.step)
  for (let index = 0; index < parameters.length; index += 1) {
    const slope = gradient[index] ?? 0
    const first = BETA_1 * (state.first[index] ?? 0) + (1 - BETA_1) * slope
    const second = BETA_2 * (state.second[index] ?? 0) + (1 - BETA_2) * slope * slope
    state.first[index] = first
    state.second[index] = second
    const value = parameters[index] ?? 0
    const pull = learningRate * decay * (value - (anchor[index] ?? 0))
    parameters[index] = value - (scale * first) / (Math.sqrt(second) + EPSILON) - pull
  }
}
