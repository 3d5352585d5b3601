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
