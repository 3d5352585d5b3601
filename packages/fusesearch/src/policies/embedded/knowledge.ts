import { languageOf } from '../../code/index.ts'
import type { HistoryLines, HistoryObservation, Observation } from '../../search/index.ts'
import type { IssueFacts, Term } from './issue/index.ts'
import type { PathFeatures, PathReader } from './path-features.ts'
import type { PathRole } from './paths.ts'
import type { TermWeights } from './weights.ts'

/** The call that showed something: turn from 1, call from 0. */
export interface Source {
  readonly turn: number
  readonly call: number
}

/** A line that looks like the definition of a name, found by a structural grep. */
export interface FoundDefinition {
  readonly name: string
  readonly line: number
  /** A keyword or the form of a key stands before the name; without one the line may be a call. */
  readonly isSure: boolean
  readonly source: Source
}

/** A line that says what the issue quotes. */
export interface FoundPhrase {
  readonly line: number
  readonly of: 'phrase' | 'key'
  readonly source: Source
}

/** A file that was read. */
export interface ReadText {
  readonly lines: readonly string[]
  readonly source: Source
}

/** What the calls so far have shown of one file. */
export interface KnownFile {
  readonly path: string
  readonly named: PathFeatures
  /** Occurrences by term, from count-mode greps. */
  readonly counts: Map<Term, number>
  readonly defines: FoundDefinition[]
  /** Lines that say a message or label of the issue, and lines that use the key of such a label. */
  readonly phrases: FoundPhrase[]
  read: ReadText | undefined
  /** In [0, 1]: three times its share of the scores that earlier commits on the subject give to source files. */
  history: number
  /** In [0, 1]: the score of the best commit that changed it, over that of the best of all, squared. */
  commit: number
  /** Lines that such commits wrote, and how near each comes to the best. */
  written: readonly HistoryLines[]
}

/** Why a call was issued; needed to interpret its observation. */
export type Purpose =
  | { readonly kind: 'term'; readonly term: Term }
  | { readonly kind: 'paths' }
  | { readonly kind: 'phrases' }
  | { readonly kind: 'keys'; readonly keys: ReadonlySet<string> }
  | { readonly kind: 'history' }
  | { readonly kind: 'definitions'; readonly names: ReadonlySet<string>; readonly of: 'issue' | 'neighbours' }
  | { readonly kind: 'read'; readonly path: string }

/** Everything that a run has shown. */
export interface Knowledge {
  readonly facts: IssueFacts
  readonly paths: PathReader
  /** The weight of each term in a text, before rarity. */
  readonly termWeight: ReadonlyMap<Term, number>
  readonly files: Map<string, KnownFile>
  /** Source files that hold a term; where there is none, all files that do. */
  readonly documentFrequency: Map<Term, number>
  /** Files that define a name. */
  readonly definingFiles: Map<string, Set<string>>
  /** Keys under which tables of texts hold the labels that the issue quotes. */
  readonly labelKeys: Set<string>
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
    labelKeys: new Set(),
  }
}

function weightOfTraits({ traits }: Term, weights: TermWeights): number {
  let sum = 0
  for (const key of Object.keys(traits) as (keyof TermWeights)[]) sum += traits[key] * weights[key]
  return Math.exp(sum)
}

/** Processes one observation; a failed one means that the term occurs nowhere. */
export function absorb(
  knowledge: Knowledge,
  purpose: Purpose,
  seen: { observation: Observation; source: Source },
): void {
  const { observation, source } = seen
  if (!observation.ok) return
  if (observation.tool === 'glob') {
    for (const path of observation.paths) fileAt(knowledge, path)
  } else if (observation.tool === 'read_file') {
    const file = fileAt(knowledge, observation.path)
    file.read = { lines: observation.lines.map((line) => line.text), source }
  } else if (observation.tool === 'history') {
    noteHistory(knowledge, observation)
  } else if (observation.mode === 'counts' && purpose.kind === 'term') {
    let inSources = observation.totals.files - observation.counts.length
    for (const { path, count } of observation.counts) {
      const file = fileAt(knowledge, path)
      file.counts.set(purpose.term, count)
      if (isSearchedRole(file.named.role)) inSources += 1
    }
    // A term of documents or tests alone is as rare as they say.
    knowledge.documentFrequency.set(purpose.term, inSources > 0 ? inSources : observation.totals.files)
  } else if (observation.mode === 'content' && purpose.kind === 'definitions') {
    for (const { path, lines } of observation.files) {
      for (const line of lines)
        noteDefinition(knowledge, { path, line: line.line, text: line.text, names: purpose.names, source })
    }
  } else if (observation.mode === 'content' && (purpose.kind === 'phrases' || purpose.kind === 'keys')) {
    for (const { path, lines } of observation.files) {
      const file = fileAt(knowledge, path)
      for (const { line, text } of lines) {
        const key = purpose.kind === 'phrases' ? labelKeyOf(file, text) : undefined
        if (key !== undefined) knowledge.labelKeys.add(key)
        file.phrases.push({ line, of: purpose.kind === 'phrases' ? 'phrase' : 'key', source })
      }
    }
  }
}

/** Roles whose files count for the rarity of a term: the ones that an issue is usually about. */
function isSearchedRole(role: PathRole): boolean {
  return role === 'source' || role === 'config' || role === 'data'
}

const MIN_KEY_LENGTH = 4

/** The key of a table of texts: what stands before the label in its line, quoted or not (`favAdd: "Add to favourites"`). */
function labelKeyOf(file: KnownFile, text: string): string | undefined {
  if (file.named.role !== 'translation') return undefined
  const key = /^[\s{]*(?:<string name=|msgctxt )?["']?([\w.-]+)["']?\s*(?:[:=>]|=>)/.exec(text)?.[1]
  return key !== undefined && key.length >= MIN_KEY_LENGTH ? key : undefined
}

/** A file with this share of the commits' scores gets the full value. */
const FULL_SHARE = 1 / 3

/** Uses shares instead of ranks: commits that agree on a few files tell more than commits that name fifty. */
function noteHistory(knowledge: Knowledge, { paths, commits }: HistoryObservation): void {
  const files = paths.map(({ path, score, lines = [] }) => ({ file: fileAt(knowledge, path), score, lines }))
  const ofSource = files.filter(({ file }) => file.named.role === 'source')
  const total = ofSource.reduce((sum, { score }) => sum + score, 0)
  for (const { file, score, lines } of files) {
    if (total > 0) file.history = Math.min(1, score / total / FULL_SHARE)
    file.written = lines
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
  /\b(?:def|class|func|fn|fun|function|interface|struct|enum|trait|module|object|protocol|type|record|union|namespace|defp|defmodule|defmacro|sub|proc|procedure|message|service|rpc|mixin|extension|macro)\s|\bcreate\s+(?:or\s+replace\s+)?(?:unique\s+)?\w+\s|\b(?:resource|variable|output|data|module)\s+"/i
/** How settings, targets and rules are named: at the start of their line, before a colon or an equals sign. */
const BEHIND_KEY = /^["']?\s*(?:[:=]|\(\)\s*\{)/
/** What follows the name of a definition without a keyword: parameters and no end of statement, or a function assigned. */
const BEHIND_NAME = /^\s*(?:\([^;]*$|[:=]\s*(?:async\s+)?(?:function\b|\())/

function noteDefinition(knowledge: Knowledge, found: DefinitionLine): void {
  if (STATEMENT.test(found.text)) return
  const hasKeyword = KEYWORD.test(found.text)
  for (const match of found.text.matchAll(/[A-Za-z_$][\w$]*/g)) {
    const name = match[0]
    if (!found.names.has(name)) continue
    const file = fileAt(knowledge, found.path)
    const behind = found.text.slice(match.index + name.length)
    const isKey =
      languageOf(found.path) === undefined &&
      BEHIND_KEY.test(behind) &&
      /^[\s"'-]*$/.test(found.text.slice(0, match.index))
    if (!hasKeyword && !isKey && !BEHIND_NAME.test(behind)) return
    file.defines.push({ name, line: found.line, isSure: hasKeyword || isKey, source: found.source })
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
  const said = { history: 0, commit: 0, written: [] }
  const file: KnownFile = { path, named, counts: new Map(), defines: [], phrases: [], read: undefined, ...said }
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
