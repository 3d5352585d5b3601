import type { EncoderWeights } from './encoded/weights.ts'
import type { TermTraits } from './issue/index.ts'
import { HAND_STRATEGY } from './strategy/hand.ts'
import type { Strategy } from './strategy/strategy.ts'

/**
 * The hand-set constants of the embedded policy, in one object so that training can replace them.
 * Chosen on the training repositories only.
 */
export interface Weights {
  readonly term: TermWeights
  readonly file: FileWeights
  readonly function: FunctionWeights
  readonly strategy: Strategy
  readonly confidence: ConfidenceWeights
  /** Fitted to an encoder; those of the known encoder when left out. Without an encoder they do nothing. */
  readonly encoder?: EncoderWeights
}

/** How the probability of the first file becomes the confidence: `1 / (1 + exp(-slope * logOdds - bias))`. */
export interface ConfidenceWeights {
  readonly slope: number
  readonly bias: number
}

/**
 * The weight of a term in the texts of files and functions is stress × exp(traits · weights): these are the weights of its
 * traits.
 */
export type TermWeights = Readonly<Record<keyof TermTraits, number>>

/** Weights of a file's features; every feature is in [0, 1] unless said otherwise. */
export interface FileWeights {
  readonly lexical: number
  readonly coverage: number
  readonly titleLexical: number
  readonly baseName: number
  readonly folder: number
  readonly defines: number
  /** Its name is that of something the issue names in several words, in any spelling (`max-age` and `MaxAge.ts`). */
  readonly spelled: number
  readonly namedPath: number
  /** The reporter's own sentences name this file and few others. */
  readonly said: number
  readonly frame: number
  readonly module: number
  /** The score of its best function, relative to the best of all. */
  readonly bestFunction: number
  readonly neighbour: number
  readonly quoted: number
  /** It contains a message of the issue literally, or uses the key of a label; less if many files do. */
  readonly phrase: number
  /** What earlier commits about the same say of it, together. */
  readonly history: number
  /** How near the best of them that changed it comes to the best of all. */
  readonly commit: number
  /** How rarely an issue is about a file of its role: 0 for source, 1 for tests; 0 if the issue names it. */
  readonly notSource: number
  readonly setUp: number
  readonly packageFile: number
}

/** Weights of a function's features; every feature is in [0, 1] unless said otherwise. */
export interface FunctionWeights {
  readonly lexical: number
  readonly titleLexical: number
  readonly name: number
  readonly nameParts: number
  readonly className: number
  readonly frame: number
  readonly qualified: number
  readonly quoted: number
  /** It contains a message of the issue literally, or uses the key of a label. */
  readonly phrase: number
  /** Earlier commits about the same wrote lines of it. */
  readonly history: number
  readonly file: number
  readonly neighbour: number
  readonly dunder: number
  /** It is a class, module or block in a file that has functions: its own lines, outside of them, are meant. */
  readonly block: number
  /** Logarithm of its length: what is longer is changed more often, whatever the issue says. */
  readonly size: number
}

export const HAND_WEIGHTS: Weights = {
  term: {
    identifier: 0,
    codeLike: 0,
    capital: 0,
    short: 0,
    late: 0,
    title: 0,
    prose: 0,
    heading: 0,
    trace: 0,
    failure: 0,
  },
  file: {
    lexical: 2.2,
    coverage: 1,
    titleLexical: 2.8,
    baseName: 1.5,
    folder: 0.6,
    defines: 1.3,
    spelled: 1,
    namedPath: 3.6,
    said: 2.6,
    frame: 1.7,
    module: 1.1,
    bestFunction: 1.2,
    neighbour: 0.4,
    quoted: 0.6,
    phrase: 3,
    history: 1,
    commit: 1.4,
    notSource: -3,
    setUp: -1,
    packageFile: -0.5,
  },
  function: {
    lexical: 9,
    titleLexical: 1.9,
    name: 1.8,
    nameParts: 1.2,
    className: 1,
    frame: 3,
    qualified: 0.9,
    quoted: 1.7,
    phrase: 3,
    history: 0.5,
    file: 1.2,
    neighbour: 1,
    dunder: -0.1,
    block: -1.5,
    size: 0.5,
  },
  strategy: HAND_STRATEGY,
  confidence: { slope: 1, bias: 0 },
}
