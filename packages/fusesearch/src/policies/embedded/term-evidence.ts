import type { Term, TermTraits } from './issue/index.ts'
import type { Knowledge } from './knowledge.ts'
import { rarity } from './knowledge.ts'
import { type FullText, gainOf, type RankedFile } from './rank-files.ts'
import {
  gainsOf,
  meanTokensOf,
  measuredIn,
  type ParsedFile,
  type RankedFunction,
  type RankedTerms,
  raritiesIn,
} from './rank-functions.ts'
import type { Search } from './search.ts'
import { HAND_WEIGHTS } from './weights.ts'

/** How one feature of a ranking counts terms. */
export interface TermShare {
  readonly feature: string
  /** Value by term before its traits weigh it; 0 for a term that doesn't count. */
  readonly values: Float32Array
  /** The feature counts whether a term occurs, not how often. */
  readonly isPresence: boolean
}

/**
 * What the term features of a ranking's entries are made of, so that training can learn the weights of the terms.
 * A term's multiplier is `m = exp(traits · weights)`; a feature is `Σ m·value·gain / Σ m·value` over the terms.
 */
export interface TermEvidence {
  /** Terms × traits, row by row. */
  readonly traits: Float32Array
  /** Where the terms of each entry end in `terms` and `gains`. */
  readonly ends: Int32Array
  readonly terms: Int16Array
  /** In [0, 1): how fully the entry has the term. */
  readonly gains: Float32Array
  readonly shares: readonly TermShare[]
}

/** The evidence behind the first `files` and `functions` entries of a search's rankings. */
export function termEvidence(
  search: Search,
  entries: { readonly files: number; readonly functions: number },
): { readonly files: TermEvidence; readonly functions: TermEvidence } {
  const { knowledge, fullText, parsed } = search
  const terms = { knowledge, terms: knowledge.facts.terms }
  return {
    files: evidenceOfFiles(search.files.slice(0, entries.files), knowledge, fullText),
    functions: evidenceOfFunctions(search.functions.slice(0, entries.functions), parsed, terms),
  }
}

function evidenceOfFiles(
  ranked: readonly RankedFile[],
  knowledge: Knowledge,
  fullText: FullText | undefined,
): TermEvidence {
  const { terms } = knowledge.facts
  const stress = Float32Array.from(terms, (term) => (knowledge.documentFrequency.get(term) ? term.weight : 0))
  const values = Float32Array.from(terms, (term, index) => (stress[index] ?? 0) * rarity(knowledge, term))
  const inTitle = values.map((value, index) => (terms[index]?.isInTitle === true ? value : 0))
  const indexOf = new Map(terms.map((term, index) => [term, index]))
  const gains = ranked.map(({ file }) =>
    [...(fullText?.(file) ?? file.counts)].map(([term, count]) => [indexOf.get(term) ?? -1, gainOf(count)] as const),
  )
  return packEvidence(terms, gains, [
    { feature: 'lexical', values, isPresence: false },
    { feature: 'coverage', values: stress, isPresence: true },
    { feature: 'titleLexical', values: inTitle, isPresence: false },
  ])
}

/** `files` as they were ranked. */
function evidenceOfFunctions(
  ranked: readonly RankedFunction[],
  files: readonly ParsedFile[],
  options: RankedTerms,
): TermEvidence {
  const bodies = measuredIn(files)
  const meanTokens = meanTokensOf(bodies)
  const byDefinition = new Map(files.flatMap((file) => file.bodies).map((body) => [body.definition, body]))
  const gains = ranked.map(({ definition }) => {
    const body = byDefinition.get(definition)
    return body === undefined ? [] : [...gainsOf(body, meanTokens)]
  })
  const rarities = raritiesIn(bodies, options)
  const values = Float32Array.from(options.terms, ({ weight }, index) => weight * (rarities[index] ?? 0))
  const inTitle = values.map((value, index) => (options.terms[index]?.isInTitle === true ? value : 0))
  return packEvidence(options.terms, gains, [
    { feature: 'lexical', values, isPresence: false },
    { feature: 'titleLexical', values: inTitle, isPresence: false },
  ])
}

/** In the order of their weights. */
const TRAITS = Object.keys(HAND_WEIGHTS.term) as (keyof TermTraits)[]

/** Gains of an entry by index of the term, those above 0. */
type TermGains = Iterable<readonly [number, number]>

/** Packs what the entries of a ranking show of the terms. */
function packEvidence(
  terms: readonly Term[],
  entries: readonly TermGains[],
  shares: readonly TermShare[],
): TermEvidence {
  const [ends, indices, gains]: [number[], number[], number[]] = [[], [], []]
  for (const entry of entries) {
    for (const [term, gain] of entry) {
      indices.push(term)
      gains.push(gain)
    }
    ends.push(indices.length)
  }
  return {
    traits: Float32Array.from(terms.flatMap(({ traits }) => TRAITS.map((name) => traits[name]))),
    ends: Int32Array.from(ends),
    terms: Int16Array.from(indices),
    gains: Float32Array.from(gains),
    shares,
  }
}
