import { OPTION_KINDS, type OptionKind, OWN_WIDTH, type Pick, STATE_WIDTH } from './options.ts'

/** Parameters of one kind of option: its score is `state · features of the state + own · its own features`. */
export interface KindParameters {
  readonly state: readonly number[]
  readonly own: readonly number[]
}

/** A strategy: one linear score for each kind of option, and a softmax over the options of a decision. */
export type Strategy = Readonly<Record<OptionKind, KindParameters>>

/** Numbers in a strategy. */
export const STRATEGY_SIZE = OPTION_KINDS.length * (STATE_WIDTH + OWN_WIDTH)

/** Scores of the options; their softmax are the chances with which a stochastic policy chooses. */
export function scoreOptions(strategy: Strategy, { state, options }: Omit<Pick, 'chosen'>): number[] {
  const base = new Map<OptionKind, number>()
  return options.map(({ kind, own }) => {
    const parameters = strategy[kind]
    const shared = base.get(kind) ?? dot(parameters.state, state)
    base.set(kind, shared)
    return shared + dot(parameters.own, own)
  })
}

/** Chances of the options at a temperature; sum to 1. */
export function chancesOf(scores: readonly number[], temperature = 1): number[] {
  const top = Math.max(...scores)
  const raised = scores.map((score) => Math.exp((score - top) / temperature))
  const sum = raised.reduce((total, value) => total + value, 0)
  return raised.map((value) => value / sum)
}

/** A strategy as one vector, kind by kind: state parameters, then own ones. */
export function toVector(strategy: Strategy): Float64Array {
  return Float64Array.from(OPTION_KINDS.flatMap((kind) => [...strategy[kind].state, ...strategy[kind].own]))
}

/** The strategy of a vector of {@link STRATEGY_SIZE} numbers. */
export function fromVector(vector: Float64Array): Strategy {
  const width = STATE_WIDTH + OWN_WIDTH
  const kinds = OPTION_KINDS.map((kind, index): [OptionKind, KindParameters] => {
    const own = [...vector.subarray(index * width, (index + 1) * width)]
    return [kind, { state: own.splice(0, STATE_WIDTH), own }]
  })
  return Object.fromEntries(kinds) as Strategy
}

/** Where a kind's parameters begin in a strategy's vector. */
export function offsetOf(kind: OptionKind): number {
  return OPTION_KINDS.indexOf(kind) * (STATE_WIDTH + OWN_WIDTH)
}

function dot(weights: readonly number[], features: readonly number[]): number {
  let sum = 0
  for (let index = 0; index < weights.length; index += 1) sum += (weights[index] ?? 0) * (features[index] ?? 0)
  return sum
}
