/**
 * What a decision of the search is made between, as numbers. Each option is of one kind and has a few features of its
 * own; the state that all options of a decision share has its own few. Every feature is about in [0, 1].
 */

/** Kinds of options. `end` ends the turn, and the search when nothing was chosen; `none` answers no further entry. */
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

/** The state's features, in order. */
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

/** An option's own features, in order, by kind; all kinds have as many places, and unnamed ones are 0. */
export const OWN_FEATURES: Readonly<Record<OptionKind, readonly string[]>> = {
  term: ['value', 'weight', 'isIdentifier', 'isInTitle', 'length', 'partner', 'rank'],
  paths: ['value', 'patterns'],
  definitions: ['value', 'names', 'rank', '', '', 'partner'],
  neighbours: ['value', 'names', 'rank', '', '', 'partner'],
  read: ['value', 'chance', 'rank', 'named', 'baseName', 'titleLexical', 'defines', 'history'],
  history: ['value'],
  end: ['isWideEnough', 'bestValue', 'isNothingWorth', 'secondValue', 'isPartnerMissing', 'calls'],
  none: [],
  'add-file': ['ratio', 'chance', 'first', 'isSameFolder', 'named', 'titleLexical'],
  'add-function': ['ratio', 'chance', 'first', 'isSameFile', 'isSameClass', 'name'],
}

/** Places of own features. */
export const OWN_WIDTH = 8
export const STATE_WIDTH = STATE_FEATURES.length

/** One thing that can be chosen. `own` has {@link OWN_WIDTH} places. */
export interface Option {
  readonly kind: OptionKind
  readonly own: readonly number[]
}

/** A decision that was made: what could be chosen, and what was. */
export interface Pick {
  readonly state: readonly number[]
  readonly options: readonly Option[]
  /** Index into `options`. */
  readonly chosen: number
}

/** Fills own features up to their width. */
export function own(...features: readonly number[]): readonly number[] {
  return Array.from({ length: OWN_WIDTH }, (_, index) => features[index] ?? 0)
}
