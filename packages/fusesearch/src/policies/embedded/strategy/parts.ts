import { OPTION_KINDS, type OptionKind, OWN_FEATURES, OWN_WIDTH, STATE_FEATURES } from './options.ts'
import type { KindParameters, Strategy } from './strategy.ts'

/** Parameters of one kind by the names of their features; what is left out is 0. */
export interface KindParts {
  readonly state?: Readonly<Record<string, number>>
  readonly own?: Readonly<Record<string, number>>
}

/** A strategy by names. */
export type StrategyParts = Readonly<Partial<Record<OptionKind, KindParts>>>

/** The strategy that the parts name. A plain throw for a feature that there isn't: it is our own text. */
export function strategyOf(parts: StrategyParts): Strategy {
  const kinds = OPTION_KINDS.map((kind): [OptionKind, KindParameters] => [kind, kindOf(kind, parts[kind] ?? {})])
  return Object.fromEntries(kinds) as Strategy
}

/** The parts of a strategy that are not 0, each number rounded: what {@link strategyOf} reads. */
export function partsOf(strategy: Strategy, round: (value: number) => number): StrategyParts {
  const kinds = OPTION_KINDS.map((kind): [OptionKind, KindParts] => {
    const { state, own } = strategy[kind]
    return [kind, { state: namedParts(STATE_FEATURES, state, round), own: namedParts(OWN_FEATURES[kind], own, round) }]
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
  const names = Array.from({ length: OWN_WIDTH }, (_, index) => OWN_FEATURES[kind][index] ?? '')
  refuseUnknown(Object.keys(state), STATE_FEATURES)
  refuseUnknown(Object.keys(own), names)
  return { state: STATE_FEATURES.map((name) => state[name] ?? 0), own: names.map((name) => own[name] ?? 0) }
}

function refuseUnknown(given: readonly string[], known: readonly string[]): void {
  const unknown = given.find((name) => name === '' || !known.includes(name))
  if (unknown !== undefined) throw new Error(`there is no feature "${unknown}"`)
}
