import type { HistoryObservation, Observation } from '../../search/index.ts'
import type { IssueFacts, Term } from './issue/index.ts'
import type { PathFeatures, PathReader } from './path-features.ts'
import type { TermWeights } from './weights.ts'

/** Where something was learnt: turn from 1, call from 0. */
export interface Source {
  readonly turn: number
  readonly call: number
}

/** A line that defines a name, found by a structural grep. */
export interface FoundDefinition {
  readonly name: string
  readonly line: number
  readonly source: Source
}

/** A file that was read. */
export interface ReadText {
  readonly lines: readonly string[]
  readonly source: Source
}

/** What the calls so far revealed of one file. */
export interface KnownFile {
  readonly path: string
  readonly named: PathFeatures
  /** Occurrences by term, from count-mode greps. */
  readonly counts: Map<Term, number>
  readonly defines: FoundDefinition[]
  readonly sources: Source[]
  read: ReadText | undefined
  /** In [0, 1]: its share of what earlier commits about the same say of source files, three times over. */
  history: number
  /** In [0, 1]: the score of the best commit that changed it, over that of the best of all, squared. */
  commit: number
}

/** Why a call was issued; the key to what its observation means. */
export type Purpose =
  | { readonly kind: 'term'; readonly term: Term }
  | { readonly kind: 'paths' }
  | { readonly kind: 'history' }
  | { readonly kind: 'definitions'; readonly names: ReadonlySet<string>; readonly of: 'issue' | 'neighbours' }
  | { readonly kind: 'read'; readonly path: string }

/** Everything revealed in one run. */
export interface Knowledge {
  readonly facts: IssueFacts
  readonly paths: PathReader
  /** What each term counts in a text, before rarity. */
  readonly termWeight: ReadonlyMap<Term, number>
  readonly files: Map<string, KnownFile>
  /** Files that hold a term, before any limit. */
  readonly documentFrequency: Map<Term, number>
  /** Files that define a name. */
  readonly definingFiles: Map<string, Set<string>>
}

/** Knowledge before the first turn. */
export function createKnowledge(facts: IssueFacts, paths: PathReader, weights: TermWeights): Knowledge {
  return {
    facts,
    paths,
    termWeight: new Map(facts.terms.map((term) => [term, term.weight * weightOfTraits(term, weights)])),
    files: new Map(),
    documentFrequency: new Map(),
    definingFiles: new Map(),
  }
}

function weightOfTraits({ traits }: Term, weights: TermWeights): number {
  let sum = 0
  for (const key of Object.keys(traits) as (keyof TermWeights)[]) sum += traits[key] * weights[key]
  return Math.exp(sum)
}

/** Takes in one observation; a failed one teaches that the term occurs nowhere. */
export function absorb(
  knowledge: Knowledge,
  purpose: Purpose,
  seen: { observation: Observation; source: Source },
): void {
  const { observation, source } = seen
  if (!observation.ok) return
  if (observation.tool === 'glob') {
    for (const path of observation.paths) fileAt(knowledge, path).sources.push(source)
  } else if (observation.tool === 'read_file') {
    const file = fileAt(knowledge, observation.path)
    file.read = { lines: observation.lines.map((line) => line.text), source }
    file.sources.push(source)
  } else if (observation.tool === 'history') {
    noteHistory(knowledge, observation, source)
  } else if (observation.mode === 'counts' && purpose.kind === 'term') {
    knowledge.documentFrequency.set(purpose.term, observation.totals.files)
    for (const { path, count } of observation.counts) {
      const file = fileAt(knowledge, path)
      file.counts.set(purpose.term, count)
      file.sources.push(source)
    }
  } else if (observation.mode === 'content' && purpose.kind === 'definitions') {
    for (const { path, lines } of observation.files) {
      for (const line of lines)
        noteDefinition(knowledge, { path, line: line.line, text: line.text, names: purpose.names, source })
    }
  }
}

/** A file that has this share of what the commits say is as sure as they can make it. */
const FULL_SHARE = 1 / 3

/** Shares, not ranks: commits that agree on a few files say more than commits that name fifty. */
function noteHistory(knowledge: Knowledge, { paths, commits }: HistoryObservation, source: Source): void {
  const files = paths.map(({ path, score }) => ({ file: fileAt(knowledge, path), score }))
  const ofSource = files.filter(({ file }) => file.named.role === 'source')
  const total = ofSource.reduce((sum, { score }) => sum + score, 0)
  for (const { file, score } of files) {
    file.sources.push(source)
    if (total > 0) file.history = Math.min(1, score / total / FULL_SHARE)
  }
  // Scores are rounded: those of words that every message holds may all be 0.
  const top = Math.max(Number.EPSILON, ...commits.map(({ score }) => score))
  for (const commit of commits) {
    const nearness = (commit.score / top) ** 2
    for (const path of commit.paths) {
      const file = fileAt(knowledge, path)
      file.commit = Math.max(file.commit, nearness)
    }
  }
}

interface DefinitionLine {
  readonly path: string
  readonly line: number
  readonly text: string
  readonly names: ReadonlySet<string>
  readonly source: Source
}

/** Words that begin a statement which only looks like a definition. */
const STATEMENT =
  /^\s*(?:return|await|yield|raise|throw|new|else|elif|if|while|for|assert|print|and|or|not|in|case|delete|from|import|with|except|del)\b/
const KEYWORD =
  /\b(?:def|class|func|fn|fun|function|interface|struct|enum|trait|module|object|protocol|type|record|union|namespace)\s/
/** What follows the name of a definition without a keyword: parameters and no end of statement, or a function assigned. */
const BEHIND_NAME = /^\s*(?:\([^;]*$|[:=]\s*(?:async\s+)?(?:function\b|\())/

function noteDefinition(knowledge: Knowledge, found: DefinitionLine): void {
  if (STATEMENT.test(found.text)) return
  const hasKeyword = KEYWORD.test(found.text)
  for (const match of found.text.matchAll(/[A-Za-z_$][\w$]*/g)) {
    const name = match[0]
    if (!found.names.has(name)) continue
    if (!hasKeyword && !BEHIND_NAME.test(found.text.slice(match.index + name.length))) return
    const file = fileAt(knowledge, found.path)
    file.sources.push(found.source)
    file.defines.push({ name, line: found.line, source: found.source })
    const files = knowledge.definingFiles.get(name) ?? new Set<string>()
    files.add(found.path)
    knowledge.definingFiles.set(name, files)
    return
  }
}

/** The file at a path, known from now on. */
export function fileAt(knowledge: Knowledge, path: string): KnownFile {
  const known = knowledge.files.get(path)
  if (known !== undefined) return known
  const named = knowledge.paths.read(path)
  const said = { history: 0, commit: 0 }
  const file: KnownFile = { path, named, counts: new Map(), defines: [], sources: [], read: undefined, ...said }
  knowledge.files.set(path, file)
  return file
}

/** Inverse document frequency of a term; for one not searched yet, a guess from its form. */
export function rarity(knowledge: Knowledge, term: Term): number {
  const frequency = knowledge.documentFrequency.get(term)
  if (frequency === undefined) return term.kind === 'identifier' ? 4.5 : 3
  const files = Math.max(NOMINAL_FILES, knowledge.files.size)
  return Math.log(1 + files / (frequency + 0.5))
}

/** Stands for the number of source files, which a policy that sees only its calls cannot know. */
const NOMINAL_FILES = 1000
