import { type OutlineCache, ParseBudget, type ReadOutlineOptions } from '../../code/index.ts'
import type { Call, Observation } from '../../search/index.ts'
import { type Body, measureBodies } from './bodies.ts'
import { keyOf } from './calls.ts'
import type { Raised } from './encoded/reread.ts'
import type { IssueFacts, Term } from './issue/index.ts'
import { absorb, createKnowledge, type Knowledge, type KnownFile, type Purpose } from './knowledge.ts'
import { findNeighbours, type Neighbours } from './neighbours.ts'
import { type RankedFile, rankFiles, rerankFiles } from './rank-files.ts'
import { addNeighbours, type ParsedFile, type RankedFunction, rankFunctions } from './rank-functions.ts'
import type { Reading, ReadingMemo } from './reading-memo.ts'
import type { Weights } from './weights.ts'

/** Settings of one search. */
export interface SearchOptions {
  readonly issue: string
  readonly weights: Weights
  readonly includeTests: boolean
  /** The run offers `history`. */
  readonly hasHistory: boolean
  readonly memo: ReadingMemo
  readonly outlines?: OutlineCache | undefined
}

/** Characters of source that one localization parses at most; parsing takes a second for 3 to 4 MB. */
const MAX_PARSED_CHARS = 250_000
/** Bounds parsing of a first file, which is parsed whatever its length, and of texts on which a grammar is slow. */
const PARSE_BUDGET = { maxChars: 1_250_000, maxCpuMs: 3_000 }
/** Functions are ranked in at most this many of the best files that were read. */
const MAX_RANKED_FILES = 8
/** A function whose score is this far below the best one is no evidence for its file. */
const FAR_FUNCTION = 2

/** The state of one run: its calls and their reasons, what they showed, and the rankings that follow. */
export class Search {
  readonly knowledge: Knowledge
  readonly includeTests: boolean
  readonly hasHistory: boolean
  files: readonly RankedFile[] = []
  functions: readonly RankedFunction[] = []
  /** The files whose functions are ranked, as they were ranked. */
  parsed: readonly ParsedFile[] = []
  neighbours: Neighbours = new Map()
  /** Files that an encoder raised, each with why. */
  raised: ReadonlyMap<KnownFile, Raised> = new Map()
  readonly askedNames = new Set<string>()
  readonly #weights: Weights
  readonly #purposes = new Map<string, Purpose>()
  readonly #memo: ReadingMemo
  readonly #readings = new Map<KnownFile, Reading>()
  readonly #bodies = new Map<KnownFile, readonly Body[]>()
  readonly #parsing: ReadOutlineOptions
  #parsedChars = 0

  constructor(options: SearchOptions) {
    this.#memo = options.memo
    const facts = options.memo.facts(options.issue)
    this.knowledge = createKnowledge(facts, options.memo.paths(facts), options.weights.term)
    this.#weights = options.weights
    this.includeTests = options.includeTests
    this.hasHistory = options.hasHistory
    this.#parsing = { budget: new ParseBudget(PARSE_BUDGET), outlines: options.outlines }
  }

  /** True if the call or an equal one was issued before. */
  wasIssued(call: Call): boolean {
    return this.#purposes.has(keyOf(call))
  }

  /** Remembers why a call is issued. */
  issue(call: Call, purpose: Purpose): void {
    this.#purposes.set(keyOf(call), purpose)
    if (purpose.kind === 'definitions') for (const name of purpose.names) this.askedNames.add(name)
  }

  /** Processes the observations of a turn and ranks again. */
  async absorbTurn(turn: number, calls: readonly Call[], observations: readonly Observation[]): Promise<void> {
    for (const [index, call] of calls.entries()) {
      const observation = observations[index]
      if (observation === undefined) continue
      const own = this.#purposes.get(keyOf(call))
      const purpose = own ?? foreignPurpose(call, observation, this.knowledge.facts)
      if (purpose === undefined) continue
      absorb(this.knowledge, purpose, { observation, source: { turn, call: index } })
    }
    await this.#rank()
  }

  /** Replaces the rankings until the next turn is processed. */
  reorder({ files, functions, raised }: Pick<Search, 'files' | 'functions' | 'raised'>): void {
    this.files = files
    this.functions = functions
    this.raised = raised
  }

  async #rank(): Promise<void> {
    this.#scanReads()
    const options = {
      weights: this.#weights.file,
      includeTests: this.includeTests,
      fullText: this.fullText,
      neighbours: this.neighbours,
      quotedLines: (file: KnownFile) => this.#readings.get(file)?.hits.quoted.length ?? 0,
    }
    this.files = rankFiles(this.knowledge, options)
    const parsed = await this.#parseBest()
    if (parsed.length === 0) return
    this.parsed = parsed
    const functions = rankFunctions(parsed, {
      knowledge: this.knowledge,
      terms: this.knowledge.facts.terms,
      weights: this.#weights.function,
    })
    this.neighbours = findNeighbours(functions.filter(isNamed))
    const ranked = addNeighbours(functions, this.neighbours, this.#weights.function)
    this.functions = ranked.filter(isNamed)
    const best = bestByFile(ranked)
    const top = Math.max(...best.values())
    this.files = rerankFiles(this.files, this.knowledge, {
      ...options,
      neighbours: this.neighbours,
      bestFunction: (file) => nearness(best.get(file), top),
    })
  }

  /** Occurrences by term over a read file's whole text; undefined for a file that was not read. */
  readonly fullText = (file: KnownFile): ReadonlyMap<Term, number> | undefined => this.#readings.get(file)?.totals

  #scanReads(): void {
    const { facts, files } = this.knowledge
    for (const file of files.values()) {
      if (file.read === undefined || this.#readings.has(file)) continue
      this.#readings.set(file, this.#memo.read(facts, file.path, file.read.lines))
    }
  }

  async #parseBest(): Promise<readonly ParsedFile[]> {
    const read = this.files.filter(({ file }) => file.read !== undefined).slice(0, MAX_RANKED_FILES)
    const top = Math.max(read[0]?.score ?? 1, Number.EPSILON)
    const parsed: ParsedFile[] = []
    for (const { file, score } of read) {
      const bodies = await this.#bodiesOf(file)
      if (bodies !== undefined) parsed.push({ file, bodies, fileScore: Math.max(0, score / top) })
    }
    return parsed
  }

  /** The functions of a read file, or the file as one body; undefined beyond what a run may parse. */
  async #bodiesOf(file: KnownFile): Promise<readonly Body[] | undefined> {
    const known = this.#bodies.get(file)
    const reading = this.#readings.get(file)
    if (known !== undefined || file.read === undefined || reading === undefined) return known
    const chars = file.read.lines.reduce((sum, line) => sum + line.length + 1, 0)
    if (this.#parsedChars + chars > MAX_PARSED_CHARS && this.#parsedChars > 0) return undefined
    const definitions = (await reading.outline(this.#parsing))?.definitions ?? []
    this.#parsedChars += chars
    const bodies = measureBodies(file, definitions, reading.hits)
    this.#bodies.set(file, bodies)
    return bodies
  }
}

/**
 * What another policy's call can teach this search when it takes over from that policy: a file read whole, paths, lines
 * that define a name of the issue, or occurrences of one of its terms. Undefined for a call that teaches nothing.
 */
function foreignPurpose(call: Call, observation: Observation, facts: IssueFacts): Purpose | undefined {
  if (!observation.ok) return undefined
  if (observation.tool === 'read_file') {
    // Lines count from the first: a part of a file would be taken for its beginning.
    const isWhole = observation.lines.length === observation.totalLines
    return isWhole ? { kind: 'read', path: observation.path } : undefined
  }
  if (call.tool === 'glob') return { kind: 'paths' }
  if (call.tool !== 'grep') return undefined
  if (call.arguments.mode === 'counts') {
    const term = facts.terms.find(({ text }) => text === call.arguments.pattern)
    return term === undefined ? undefined : { kind: 'term', term }
  }
  const names = facts.terms.filter(({ kind }) => kind === 'identifier').map(({ text }) => text)
  return { kind: 'definitions', names: new Set(names), of: 'issue' }
}

/** In [0, 1]: by the difference, since a ratio is near 1 for all good files, whose own score is part of both. */
function nearness(score: number | undefined, top: number): number {
  return score === undefined ? 0 : Math.max(0, 1 + (score - top) / FAR_FUNCTION)
}

/** False for a file as one body, which no answer names. */
function isNamed({ definition }: RankedFunction): boolean {
  return definition.name !== ''
}

function bestByFile(functions: readonly RankedFunction[]): Map<KnownFile, number> {
  const best = new Map<KnownFile, number>()
  for (const { file, score } of functions) best.set(file, Math.max(best.get(file) ?? 0, score))
  return best
}
