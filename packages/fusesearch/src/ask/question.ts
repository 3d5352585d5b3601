import { ParseBudget, type ReadOutlineOptions, readOutline } from '../code/index.ts'
import { FuseSearchError, largestOf } from '../core/index.ts'
import type { Encoder } from '../encoder/index.ts'
import { checkIssue, type Place, sourcesOf } from '../locate/index.ts'
import { BINARY_GLOBS, findDefinitions, type PathRole, roleOf } from '../policies/index.ts'
import { type Call, type Observation, PROGRAM_LIMITS, type RemoteSource } from '../search/index.ts'
import { type AskedPlace, inPlace, readText } from './named-files.ts'
import { isCode, type RankedUnit, type Ranking, rankUnits, shortNameOf, votesOf } from './rank-units.ts'
import { chooseSnippets, DEFAULT_SNIPPET_TOKENS, type Snippet } from './snippets.ts'
import { loadTokenCounter } from './tokens.ts'
import { type QuestionTerm, questionNames, questionTerms, type Unit, UnitReader } from './units.ts'

/** What to ask, where, and how much to return. */
export interface QuestionOptions extends AskedPlace {
  /** A question, or a few words. It is refused or cut by the same rules as an issue; see `checkIssue`. */
  readonly question: string
  /** Most places; 5 when left out. */
  readonly limit?: number
  /** Tokens for the places' code; 2,000 when left out, 0 for no code. */
  readonly tokens?: number
  /** Orders the best places anew by reading them; the ranking by words alone when left out. */
  readonly encoder?: Encoder | undefined
  /** Path patterns that select files; a pattern that starts with `!` excludes files. */
  readonly globs?: readonly string[]
}

/** A place to read. Lines count from 1, both ends included. */
export interface AnsweringPlace {
  /** Relative to the repository, with `/`. */
  readonly path: string
  readonly kind: Unit['kind']
  /** Qualified within the file; empty for lines of a file without definitions. */
  readonly name: string
  readonly role: PathRole
  readonly startLine: number
  readonly endLine: number
  /** 1 for the best; comparable within one answer. */
  readonly score: number
  /** Why the place is listed, in words: the question's words that it contains, or the passage that names it. */
  readonly reason: string
  readonly snippet?: Pick<Snippet, 'form' | 'parts' | 'tokens'>
}

/** A reading list for a question. */
export interface AskResult {
  readonly version: 1
  readonly question: string
  /** Best first. */
  readonly places: readonly AnsweringPlace[]
  /** For a search outside a folder: the repositories of the places, each with its commit. */
  readonly sources?: readonly RemoteSource[]
  readonly notices: readonly string[]
  readonly stats: { readonly filesRead: number; readonly calls: number; readonly tokens: number; readonly ms: number }
}

const DEFAULT_PLACES = 5
/** Most places that aren't source code, unless there is too little source code. */
const MAX_OTHERS = 2
/** Most places inside one type or section: a reading list needs no more of it. */
const MAX_OF_ONE = 3
/** Most files and characters that are read: of source, and of tests, documents and examples. */
const READ = { source: { files: 60, chars: 1_500_000 }, other: { files: 40, chars: 700_000 } } as const
const MAX_FILE_CHARS = 400_000
/** Parse budget of one question. */
const PARSE_BUDGET = { maxChars: 2_500_000, maxCpuMs: 2_500 }
/** Most names from passages whose definitions are looked up, and most files that are read for them. */
const MAX_NAMES = 16
const MAX_NAME_FILES = 16
/** Number of best places whose names are counted over the tree. */
const MAX_COUNTED = 30
const READ_AT_ONCE = 8

/**
 * Answers a question with a short reading list: the definitions (sometimes sections of documents, or tests) that match
 * the question best, and the definitions that such passages name. One turn of greps finds files; the best are read and
 * split into units. A second turn looks up the names that they mention. Uses no model, index or network.
 * Throws `bad-issue` for a text that is no question, and what opening the place throws.
 */
export async function ask(options: QuestionOptions): Promise<AskResult> {
  const startedMs = performance.now()
  if (options.question.trim() === '') {
    throw new FuseSearchError('The question is empty. Pass one, such as: how is a session renewed?', {
      code: 'bad-issue',
    })
  }
  const { issue: question, notices } = checkIssue(options.question)
  return inPlace(options, async (place, signal) => {
    const search = new Asking({ place, signal, globs: options.globs ?? [], question })
    const first = await search.rank()
    const { encoder } = options
    const ranked = encoder === undefined ? first : await orderAnew(first, { question, encoder, place, signal })
    const chosen = choose(ranked, options.limit ?? DEFAULT_PLACES)
    const tokens = options.tokens ?? DEFAULT_SNIPPET_TOKENS
    const snippets = await snippetsOf(place, chosen, tokens)
    const top = chosen[0]?.score ?? 1
    return {
      version: 1,
      question,
      places: chosen.map((one, index) => {
        const snippet = snippets[index]
        return { ...placeOf(one, top, { place, terms: search.terms }), ...(snippet === undefined ? {} : { snippet }) }
      }),
      ...sourcesOf(
        place.sources,
        chosen.map(({ unit }) => place.toShownPath(unit.path)),
      ),
      notices: [...notices, ...place.notices, ...place.workspace.notices()],
      stats: {
        filesRead: search.filesRead,
        calls: search.calls,
        tokens: snippets.reduce((sum, snippet) => sum + (snippet?.tokens ?? 0), 0),
        ms: performance.now() - startedMs,
      },
    }
  })
}

/** Loads what reads only where an encoder was given. */
async function orderAnew(
  ranked: readonly RankedUnit[],
  { place, signal, ...reading }: { question: string; encoder: Encoder; place: Place; signal: AbortSignal },
): Promise<readonly RankedUnit[]> {
  const { readAgain } = await import('./read-again.ts')
  return readAgain(ranked, { ...reading, readText: (path) => readText(place.workspace.tree, path) }, signal)
}

async function countFiles({ workspace }: Place, signal: AbortSignal): Promise<number> {
  const { tree } = workspace
  return tree.remote?.count() ?? (await tree.listFiles(signal)).length
}

interface AskingParts {
  readonly place: Place
  readonly signal: AbortSignal
  readonly globs: readonly string[]
  readonly question: string
}

/** The work for one question. */
class Asking {
  readonly terms: readonly QuestionTerm[]
  filesRead = 0
  calls = 0
  readonly #parts: AskingParts
  readonly #reader: UnitReader
  readonly #parsing: ReadOutlineOptions
  readonly #units = new Map<string, readonly Unit[]>()

  constructor(parts: AskingParts) {
    this.#parts = parts
    this.#parsing = { budget: new ParseBudget(PARSE_BUDGET), outlines: parts.place.workspace.outlines }
    this.terms = questionTerms(parts.question)
    this.#reader = new UnitReader(this.terms)
  }

  async rank(): Promise<readonly RankedUnit[]> {
    const names = questionNames(this.#parts.question)
    const { counts, rarity } = await this.#countTerms()
    const scored = this.#scoreFiles(counts, rarity)
    await this.#readBest(scored)
    await this.#readDefinitions([...names], MAX_NAME_FILES)
    const rankingNow = (): Ranking => ({ units: [...this.#units.values()].flat(), rarity, fileScore: scored, names })
    const mentioned = votesOf(rankingNow(), () => true)
    const known = new Set(rankingNow().units.filter(isCode).map(shortNameOf))
    const unknown = [...mentioned].filter(([name]) => !known.has(name) && /_|[a-z][A-Z]|^[A-Z]/.test(name))
    const wanted = unknown.sort((a, b) => b[1].votes - a[1].votes).slice(0, MAX_NAMES)
    await this.#readDefinitions(
      wanted.map(([name]) => name),
      MAX_NAME_FILES,
    )
    const ranking = rankingNow()
    const defined = new Set(ranking.units.filter(isCode).map(shortNameOf))
    const votes = votesOf(ranking, (name) => defined.has(name))
    const first = rankUnits(ranking, { votes, namedIn: new Map() })
    return rankUnits(ranking, { votes, namedIn: await this.#countNames(first) })
  }

  /** The occurrences of each term by file, and how rare each term is among the files. */
  async #countTerms(): Promise<{ counts: readonly ReadonlyMap<string, number>[]; rarity: readonly number[] }> {
    const { globs, place, signal } = this.#parts
    const narrowed = [...globs, ...BINARY_GLOBS]
    const observations = await this.#run(
      this.terms.map(
        ({ stem }): Call => ({
          tool: 'grep',
          arguments: { pattern: stem, literal: true, ignoreCase: true, mode: 'counts', globs: narrowed },
        }),
      ),
    )
    const files = await countFiles(place, signal)
    const counts = observations.map((seen) =>
      seen.ok && seen.tool === 'grep' && seen.mode === 'counts'
        ? new Map(seen.counts.map(({ path, count }) => [path, count]))
        : new Map<string, number>(),
    )
    return { counts, rarity: counts.map(({ size }) => Math.log(1 + files / (size + 0.5))) }
  }

  /** A score in [0, 1] for each file with a term; 1 for the best. */
  #scoreFiles(counts: readonly ReadonlyMap<string, number>[], rarity: readonly number[]): ReadonlyMap<string, number> {
    const scores = new Map<string, number>()
    for (const [term, byPath] of counts.entries()) {
      for (const [path, count] of byPath) {
        scores.set(path, (scores.get(path) ?? 0) + ((rarity[term] ?? 0) * count) / (count + 2))
      }
    }
    for (const [path, score] of scores) {
      let inPath = 0
      for (const term of this.#reader.count(path.replace(/\.\w+$/, '')).counts.keys()) inPath += rarity[term] ?? 0
      scores.set(path, score + 0.5 * inPath)
    }
    const best = largestOf(scores.values(), Number.EPSILON)
    return new Map([...scores].map(([path, score]) => [path, score / best]))
  }

  async #readBest(scores: ReadonlyMap<string, number>): Promise<void> {
    const sorted = [...scores].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([path]) => path)
    const source = sorted.filter((path) => roleOf(path) === 'source')
    const others = sorted.filter((path) => ['test', 'document', 'example', 'config'].includes(roleOf(path)))
    await this.#readFiles(source.slice(0, READ.source.files), READ.source.chars)
    await this.#readFiles(others.slice(0, READ.other.files), READ.other.chars)
  }

  /** Reads files in the given order and splits them into units, up to `maxChars` characters. */
  async #readFiles(paths: readonly string[], maxChars: number): Promise<void> {
    const { place, signal } = this.#parts
    let left = maxChars
    const wanted = paths.filter((path) => !this.#units.has(path))
    for (let at = 0; at < wanted.length && left > 0; at += READ_AT_ONCE) {
      const some = wanted.slice(at, at + READ_AT_ONCE)
      const texts = await Promise.all(some.map((path) => readText(place.workspace.tree, path)))
      for (const [index, path] of some.entries()) {
        signal.throwIfAborted()
        const text = texts[index]
        if (text === undefined || text.length > Math.min(MAX_FILE_CHARS, left)) continue
        left -= text.length
        this.filesRead += 1
        this.#units.set(path, this.#reader.read(path, text, await this.#definitionsIn(path, text)))
      }
    }
  }

  /** Empty for a file that is not parsed; its lines can still be places. */
  async #definitionsIn(path: string, text: string): ReturnType<typeof definitionsOrNone> {
    return definitionsOrNone(path, text, this.#parsing)
  }

  /** Reads the source files that define one of the names. */
  async #readDefinitions(names: readonly string[], maxFiles: number): Promise<void> {
    if (names.length === 0) return
    const call = findDefinitions(names, false)
    if (call.tool !== 'grep') return
    const globs = [...this.#parts.globs, ...(call.arguments.globs ?? [])]
    const [seen] = await this.#run([{ tool: 'grep', arguments: { ...call.arguments, globs } }])
    if (seen === undefined || !seen.ok || seen.tool !== 'grep' || seen.mode !== 'content') return
    const sure = new RegExp(
      `\\b(?:class|def|fun|func|fn|function|interface|object|struct|trait|enum|type|module)\\s+(?:\\w+\\.)*(?:${names.join('|')})\\b`,
    )
    const files = seen.files
      .filter(({ path }) => roleOf(path) === 'source')
      .map(({ path, lines }) => ({ path, isSure: lines.some(({ text }) => sure.test(text)) }))
    const ordered = files.toSorted((a, b) => Number(b.isSure) - Number(a.isSure)).map(({ path }) => path)
    await this.#readFiles(ordered.slice(0, maxFiles), READ.source.chars)
  }

  /** In how many files the names of the best places occur. */
  async #countNames(ranked: readonly RankedUnit[]): Promise<ReadonlyMap<string, number>> {
    const best = ranked.slice(0, MAX_COUNTED).filter(({ unit }) => isCode(unit))
    const names = [...new Set(best.map(({ unit }) => shortNameOf(unit)))].filter((name) => /^\w{4,}$/.test(name))
    const observations = await this.#run(
      names.map(
        (pattern): Call => ({
          tool: 'grep',
          arguments: {
            pattern,
            literal: true,
            word: true,
            mode: 'paths',
            globs: [...this.#parts.globs, ...BINARY_GLOBS],
          },
        }),
      ),
    )
    const totals = observations.map((seen) => (seen.ok && seen.tool === 'grep' ? seen.totals.files : 0))
    return new Map(names.map((name, index) => [name, totals[index] ?? 0]))
  }

  async #run(calls: readonly Call[]): Promise<readonly Observation[]> {
    if (calls.length === 0) return []
    const { place, signal } = this.#parts
    this.calls += calls.length
    const bytesLeft = PROGRAM_LIMITS.maxBytesPerRun * calls.length
    const { observations } = await place.workspace.runTurn(calls, { limits: PROGRAM_LIMITS, bytesLeft, signal })
    signal.throwIfAborted()
    return observations
  }
}

async function definitionsOrNone(path: string, text: string, parsing: ReadOutlineOptions) {
  try {
    return (await readOutline(path, text, parsing))?.definitions ?? []
  } catch (error) {
    if (error instanceof FuseSearchError && error.code === 'grammar-failed') return []
    throw error
  }
}

/** Chooses the best places: only a few outside source code, a few per type, and none twice. */
function choose(ranked: readonly RankedUnit[], limit: number): readonly RankedUnit[] {
  const ofOne = new Map<string, number>()
  const distinct = ranked.filter(({ unit }) => {
    const around = unit.kind === 'function' ? unit.name.slice(0, Math.max(0, unit.name.lastIndexOf('.'))) : unit.name
    const key = `${unit.path}\0${around === '' ? unit.startLine : around}`
    ofOne.set(key, (ofOne.get(key) ?? 0) + 1)
    return (ofOne.get(key) ?? 0) <= MAX_OF_ONE
  })
  const source = distinct.filter(({ unit }) => unit.role === 'source')
  const others = distinct.filter(({ unit }) => unit.role !== 'source')
  const room = Math.max(MAX_OTHERS, limit - source.length)
  return [...source, ...others.slice(0, room)].sort((a, b) => b.score - a.score).slice(0, limit)
}

async function snippetsOf(
  { workspace }: Place,
  chosen: readonly RankedUnit[],
  tokens: number,
): Promise<readonly (AnsweringPlace['snippet'] | undefined)[]> {
  if (tokens === 0 || chosen.length === 0) return chosen.map(() => undefined)
  const places = chosen.map(({ unit: { path, name, startLine, endLine } }) => ({ path, name, startLine, endLine }))
  const { snippets } = await chooseSnippets(workspace.tree, places, { tokens, count: await loadTokenCounter() })
  return places.map(({ path, startLine, name }) => {
    const found = snippets.find((one) => one.path === path && one.startLine === startLine && one.name === name)
    return found && { form: found.form, parts: found.parts, tokens: found.tokens }
  })
}

function placeOf(
  { unit, score, namedBy }: RankedUnit,
  top: number,
  { place, terms }: { readonly place: Place; readonly terms: readonly QuestionTerm[] },
): AnsweringPlace {
  const { path, kind, name, role, startLine, endLine, own, named } = unit
  const words = terms
    .filter((_, index) => own.has(index) || named.name.has(index) || named.inside.has(index))
    .map(({ word }) => word)
  const says = words.length === 0 ? [] : [`mentions ${words.slice(0, 8).join(', ')}`]
  const by = namedBy === undefined ? [] : [`named in ${place.toShownPath(namedBy.path)}:${namedBy.startLine}`]
  return {
    path: place.toShownPath(path),
    kind,
    name,
    role,
    startLine,
    endLine,
    score: Math.round((score / top) * 1_000) / 1_000,
    reason: [...says, ...by].join('; '),
  }
}
