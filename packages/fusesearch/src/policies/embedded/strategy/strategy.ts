import type { Rng } from '../../../core/index.ts'
import {
  type Choice,
  OPTION_KINDS,
  type Option,
  type OptionKind,
  OWN_FEATURES,
  OWN_WIDTH,
  STATE_FEATURES,
  STATE_WIDTH,
} from './features.ts'

/** Parameters of one kind of option: its score is `state · features of the state + own · its own features`. */
export interface KindParameters {
  readonly state: readonly number[]
  readonly own: readonly number[]
}

/** A strategy: one linear score for each kind of option, and a softmax over the options of a decision. */
export type Strategy = Readonly<Record<OptionKind, KindParameters>>

/** Numbers in a strategy. */
export const STRATEGY_SIZE = OPTION_KINDS.length * (STATE_WIDTH + OWN_WIDTH)

/** Scores of the options; their softmax gives the probabilities with which a stochastic policy chooses. */
export function scoreOptions(strategy: Strategy, { state, options }: Omit<Choice, 'chosen'>): number[] {
  const base = new Map<OptionKind, number>()
  return options.map(({ kind, own }) => {
    const parameters = strategy[kind]
    const shared = base.get(kind) ?? dot(parameters.state, state)
    base.set(kind, shared)
    return shared + dot(parameters.own, own)
  })
}

/** Probabilities of the options at a temperature; they sum to 1. */
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

/** Chooses between options. */
export interface Decider {
  /** Index of the chosen option. */
  choose(state: readonly number[], options: readonly Option[]): number
  /** The choices between more than one option, in the order in which they were made. */
  readonly choices: readonly Choice[]
}

/** Options of {@link createDecider}. */
export interface DeciderOptions {
  /** Samples at the temperature instead of taking the best. */
  readonly sample?: { readonly rng: Rng; readonly temperature: number } | undefined
}

/** Follows a strategy: it takes the best-scored option, the first of equals, or samples one. */
export function createDecider(strategy: Strategy, { sample }: DeciderOptions = {}): Decider {
  const choices: Choice[] = []
  return {
    choices,
    choose(state, options) {
      const scores = scoreOptions(strategy, { state, options })
      const chosen =
        sample === undefined ? indexOfBest(scores) : draw(chancesOf(scores, sample.temperature), sample.rng)
      if (options.length > 1) choices.push({ state, options, chosen })
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

/** Parameters of one kind by the names of their features; what is left out is 0. */
export interface KindParts {
  readonly state?: Readonly<Record<string, number>>
  readonly own?: Readonly<Record<string, number>>
}

/** A strategy by names. */
export type StrategyParts = Readonly<Partial<Record<OptionKind, KindParts>>>

/** The strategy with these named parts. An unknown feature is a plain throw, since the names are our own. */
export function strategyOf(parts: StrategyParts): Strategy {
  const kinds = OPTION_KINDS.map((kind): [OptionKind, KindParameters] => [kind, kindOf(kind, parts[kind] ?? {})])
  return Object.fromEntries(kinds) as Strategy
}

/** The parts of a strategy that are not 0, each number rounded: what {@link strategyOf} reads. */
export function partsOf(strategy: Strategy, round: (value: number) => number): StrategyParts {
  const kinds = OPTION_KINDS.map((kind): [OptionKind, KindParts] => {
    const { state, own } = strategy[kind]
    return [kind, { state: namedParts(STATE_FEATURES, state, round), own: namedParts(ownNames(kind), own, round) }]
  })
  return Object.fromEntries(
    kinds.filter(([, { state = {}, own = {} }]) => Object.keys({ ...state, ...own }).length > 0),
  )
}

/** Places without a name belong to no feature; nothing is learned in them. */
function namedParts(names: readonly string[], values: readonly number[], round: (value: number) => number): Parts {
  const pairs = names.map((name, index): [string, number] => [name, round(values[index] ?? 0)])
  return Object.fromEntries(pairs.filter(([name, value]) => name !== '' && value !== 0))
}

type Parts = Readonly<Record<string, number>>

function kindOf(kind: OptionKind, { state = {}, own = {} }: KindParts): KindParameters {
  const names = Array.from({ length: OWN_WIDTH }, (_, index) => ownNames(kind)[index] ?? '')
  refuseUnknown(Object.keys(state), STATE_FEATURES)
  refuseUnknown(Object.keys(own), names)
  return { state: STATE_FEATURES.map((name) => state[name] ?? 0), own: names.map((name) => own[name] ?? 0) }
}

function ownNames(kind: OptionKind): readonly string[] {
  return OWN_FEATURES[kind]
}

function refuseUnknown(given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => name === '' || !known.includes(name))
  if (unknown !== undefined) throw new Error(`there is no feature "${unknown}"`)
}
