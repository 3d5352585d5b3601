/**
 * What the search chooses between, as numbers. Each option is of one kind and has a few features of its own; the options
 * of one choice share the features of the state. Every feature lies in about [0, 1].
 */

/** Kinds of options. `end` ends the turn, and the search when nothing was chosen; `none` adds no further entry. */
export const OPTION_KINDS = [
  'term',
  'paths',
  'definitions',
  'neighbours',
  'read',
  'history',
  'end',
  'none',
  'add-file',
  'add-function',
] as const

export type OptionKind = (typeof OPTION_KINDS)[number]

/** The state's features, in the order of their vector. */
export const STATE_FEATURES = [
  'bias',
  'turn',
  'turnsLeft',
  'doubtOfFiles',
  'doubtOfFunctions',
  'chosen',
  'chosenGreps',
  'chosenReads',
  'reads',
  'foundTerms',
  'lastGain',
  'topChance',
] as const

/** An option's own features by kind, in the order of their vector. A place named '' is unused and always 0. */
export const OWN_FEATURES = {
  term: ['value', 'weight', 'isIdentifier', 'isInTitle', 'length', 'partner', 'rank'],
  paths: ['value'],
  definitions: ['value', 'names', 'rank', '', '', 'partner'],
  neighbours: ['value', 'names', 'rank', '', '', 'partner'],
  read: ['value', 'chance', 'rank', 'named', 'baseName', 'titleLexical', 'defines', 'history'],
  history: ['value'],
  end: ['isWideEnough', 'bestValue', 'isNothingWorth', 'secondValue', 'isPartnerMissing', 'calls'],
  none: [],
  'add-file': ['ratio', 'chance', 'first', 'isSameFolder', 'named', 'titleLexical'],
  'add-function': ['ratio', 'chance', 'first', 'isSameFile', 'isSameClass', 'name'],
} as const satisfies Readonly<Record<OptionKind, readonly string[]>>

/** Length of every option's own vector, and of the state's. */
export const OWN_WIDTH = 8
export const STATE_WIDTH = STATE_FEATURES.length

/** The features of the state by name. */
export type StateFeatures = Readonly<Record<(typeof STATE_FEATURES)[number], number>>

/** The own features of one kind by name. */
export type OwnFeatures<Kind extends OptionKind> = Readonly<
  Record<Exclude<(typeof OWN_FEATURES)[Kind][number], ''>, number>
>

/** One option of a choice. `own` has {@link OWN_WIDTH} places. */
export interface Option {
  readonly kind: OptionKind
  readonly own: readonly number[]
}

/** A choice that was made: its options, and the one that was chosen. `state` has {@link STATE_WIDTH} places. */
export interface Choice {
  readonly state: readonly number[]
  readonly options: readonly Option[]
  /** Index into `options`. */
  readonly chosen: number
}

/** The option with these features, each in its place. */
export function optionOf<Kind extends OptionKind>(kind: Kind, features: OwnFeatures<Kind>): Option {
  const byName: Readonly<Record<string, number>> = features
  const names: readonly string[] = OWN_FEATURES[kind]
  return { kind, own: Array.from({ length: OWN_WIDTH }, (_, place) => byName[names[place] ?? ''] ?? 0) }
}

/** The vector of the state's features. */
export function stateVector(features: StateFeatures): readonly number[] {
  return STATE_FEATURES.map((name) => features[name])
}
