import type { Call } from '../../search/index.ts'
import { countTerm, findCommitsOf, findDefinitions, findKeys, findPathsOf, findPhrases, readFile } from './calls.ts'
import type { Term } from './issue/index.ts'
import type { Purpose } from './knowledge.ts'
import { namesToFind } from './neighbours.ts'
import { doubtOfFiles, doubtOfFunctions, probabilities } from './probability.ts'
import type { Search } from './search.ts'

/** A call that could be issued next. `value` in [0, 1] is its expected benefit. */
export interface Candidate {
  readonly call: Call
  readonly purpose: Purpose
  readonly value: number
}

const MAX_NAMES = 16
const MAX_TERM_CANDIDATES = 16
const MAX_READ_CANDIDATES = 12
/** The value of the first searches for paths and definitions, relative to the best term. */
const PATHS_VALUE = 0.95
const DEFINITIONS_VALUE = 0.9
const HISTORY_VALUE = 0.97
const PHRASES_VALUE = 0.96
const STRUCTURE_VALUE = 0.32

/** All calls that are worthwhile now and weren't issued before, best first. */
export function listCandidates(search: Search): readonly Candidate[] {
  return [
    ...termCandidates(search),
    ...pathCandidates(search),
    ...phraseCandidates(search),
    ...historyCandidates(search),
    ...definitionCandidates(search),
    ...readCandidates(search),
  ]
    .filter((candidate) => candidate.value > 0 && !search.wasIssued(candidate.call))
    .sort((a, b) => b.value - a.value)
}

/** Greps of terms not searched yet, by stress and form; worth less the more was found and the surer the file is. */
function termCandidates(search: Search): readonly Candidate[] {
  const { facts, documentFrequency } = search.knowledge
  const found = [...documentFrequency.values()].filter((files) => files > 0).length
  const decay = (found === 0 ? 1 : 0.4 + 0.6 * doubtOfFiles(search)) / (1 + 0.22 * found)
  const isOpen = (term: Term): boolean => !documentFrequency.has(term) && !facts.roots.has(term.text.toLowerCase())
  const open = facts.terms.filter(isOpen)
  const top = Math.max(...facts.terms.map(promise), Number.EPSILON)
  return open
    .sort((a, b) => promise(b) - promise(a))
    .slice(0, MAX_TERM_CANDIDATES)
    .map((term) => ({
      call: countTerm(term, search.includeTests),
      purpose: { kind: 'term', term } as const,
      value: decay * (0.35 + 0.65 * (promise(term) / top)),
    }))
}

/** The expected benefit of a term before its frequency is known: its stress, and a form that is likely rare. */
function promise(term: Term): number {
  if (term.kind === 'compound') return term.weight
  if (term.kind === 'identifier') return term.weight * (term.text.length >= 6 ? 1 : 0.6)
  // A word with a digit, or in another script, is rare for its length.
  if (/[^a-z]/.test(term.text)) return term.weight * 0.8
  return term.weight * Math.min(1, 0.3 + 0.08 * Math.max(0, term.text.length - 3))
}

function pathCandidates(search: Search): readonly Candidate[] {
  const call = findPathsOf(search.knowledge.facts)
  return call === undefined ? [] : [{ call, purpose: { kind: 'paths' }, value: PATHS_VALUE }]
}

/** Messages and labels as the issue quotes them; later, the keys under which a table holds such a label. */
function phraseCandidates(search: Search): readonly Candidate[] {
  const { facts, labelKeys } = search.knowledge
  const call = findPhrases(facts.phrases, search.includeTests)
  if (call === undefined) return []
  const phrases: Candidate = { call, purpose: { kind: 'phrases' }, value: PHRASES_VALUE }
  if (labelKeys.size === 0) return [phrases]
  const keys = [...labelKeys].slice(0, MAX_NAMES)
  const purpose = { kind: 'keys', keys: new Set(keys) } as const
  return [phrases, { call: findKeys(keys, search.includeTests), purpose, value: PHRASES_VALUE }]
}

/** Earlier commits on the same subject, searched once. */
function historyCandidates(search: Search): readonly Candidate[] {
  const call = search.hasHistory ? findCommitsOf(search.knowledge.facts) : undefined
  return call === undefined ? [] : [{ call, purpose: { kind: 'history' }, value: HISTORY_VALUE }]
}

/** Definitions of what the issue names; later, of the neighbours of the best functions. */
function definitionCandidates(search: Search): readonly Candidate[] {
  const { terms, roots } = search.knowledge.facts
  const named = terms
    .filter((term) => term.kind === 'identifier' && !roots.has(term.text.toLowerCase()))
    .slice(0, MAX_NAMES)
    .map((term) => term.text)
  const candidates: Candidate[] = []
  if (named.length > 0 && search.askedNames.size === 0)
    candidates.push(definitionCandidate(search, named, { of: 'issue', value: DEFINITIONS_VALUE }))
  if (search.neighbours.size > 0) {
    const next = namesToFind(search.neighbours, (name) => search.askedNames.has(name))
    const value = STRUCTURE_VALUE * doubtOfFunctions(search)
    if (next.length > 0) candidates.push(definitionCandidate(search, next, { of: 'neighbours', value }))
  }
  return candidates
}

function definitionCandidate(
  search: Search,
  names: readonly string[],
  { of, value }: { of: 'issue' | 'neighbours'; value: number },
): Candidate {
  return {
    call: findDefinitions(names, search.includeTests),
    purpose: { kind: 'definitions', names: new Set(names), of },
    value,
  }
}

/** Reads of the best files, by their probability of being right. */
function readCandidates(search: Search): readonly Candidate[] {
  const ranked = search.files.slice(0, MAX_READ_CANDIDATES)
  const chances = probabilities(ranked.map(({ score }) => score))
  const top = Math.max(...chances, Number.EPSILON)
  return ranked.flatMap(({ file }, index) => {
    if (file.read !== undefined) return []
    return [
      {
        call: readFile(file.path),
        purpose: { kind: 'read', path: file.path } as const,
        value: (chances[index] ?? 0) / top,
      },
    ]
  })
}
