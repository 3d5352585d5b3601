import { type AskResult, ask } from 'fusesearch/ask'
import { createRng, shuffled } from 'fusesearch/core'
import type { Encoder } from 'fusesearch/encoder'
import { createCounter, createWorkspacePool, makeQuery, scoreDocuments, termsOfText } from 'fusesearch/search'
import {
  type CodePlace,
  choosePairs,
  type DocumentedTree,
  type QuestionPair,
  questionPairs,
  readDocumentedTree,
} from './pairs.ts'

/** A repository and its documentation, the source of the questions. */
export interface AskedRepository {
  readonly name: string
  readonly root: string
}

/** How many questions, and which. */
export interface QuestionEvaluation {
  readonly repositories: readonly AskedRepository[]
  readonly count: number
  readonly seed: number
  /** With which `ask` reads; undefined for words alone. */
  readonly encoder?: Encoder | undefined
  readonly signal: AbortSignal
  /** Called after each question. */
  readonly onAsked?: (done: number, all: number) => void
}

/**
 * The systems: `ask`, and BM25 over all definitions, with the whole text of a type or only its text outside its
 * members.
 */
export const ANSWERERS = ['ask', 'bm25-code', 'bm25-code-own'] as const
export type Answerer = (typeof ANSWERERS)[number]

/** Shares of questions, in percent. */
export interface HitRates {
  readonly questions: number
  /** The first place is right, or one of five; a member of a right type counts. */
  readonly hit1: number
  readonly hit5: number
  /** One of five places is in the right file. */
  readonly file5: number
}

/** The results. They contain no texts, which belong to the repositories. */
export interface QuestionReport {
  readonly questions: number
  readonly byRepository: Readonly<Record<string, number>>
  /** The questions for tuning, and every tenth, which is held out. */
  readonly rates: Readonly<Record<'development' | 'heldOut', Readonly<Record<Answerer, HitRates>>>>
  /** Milliseconds of `ask` in a warm process: median and 95th percentile. */
  readonly askMs: { readonly p50: number; readonly p95: number }
}

/** One of ten questions is held out. */
const HELD_BACK = 10
/** Questions per place: otherwise a decorator with a whole manual would dominate. */
const PER_PLACE = 1
const SHOWN = 5
const MAX_OUTLINE_BYTES = 400_000_000

interface Asked extends QuestionPair {
  readonly repository: AskedRepository
}

interface Scored {
  readonly isHeldOut: boolean
  readonly hits: Readonly<Record<Answerer, Omit<HitRates, 'questions'>>>
}

/**
 * Makes questions from the documentation of repositories, and compares `ask` with BM25 over their code. `ask` searches
 * the whole repository except the question's document and others with its name.
 */
export async function evaluateQuestions(options: QuestionEvaluation): Promise<QuestionReport> {
  const trees = new Map<string, DocumentedTree>()
  const pairs: Asked[][] = []
  for (const repository of options.repositories) {
    const tree = await readDocumentedTree(repository.root)
    options.signal.throwIfAborted()
    trees.set(repository.name, tree)
    pairs.push(questionPairs(tree).map((pair) => ({ ...pair, repository })))
  }
  const rng = createRng(options.seed)
  const order = (items: readonly Asked[]): Asked[] => shuffled(items, rng)
  const chosen = choosePairs(pairs, { count: options.count, perPlace: PER_PLACE, order })
  const pool = createWorkspacePool({ maxOutlineBytes: MAX_OUTLINE_BYTES })
  const scored: Scored[] = []
  const times: number[] = []
  try {
    // One repository after another, so that its cache serves all its questions.
    for (const { name } of options.repositories) {
      const own = [...chosen.entries()].filter(([, pair]) => pair.repository.name === name)
      const baselines = own.length > 0 ? baselinesOf(trees.get(name) as DocumentedTree) : undefined
      for (const [index, pair] of own) {
        const result = await askWithout(pair, { pool, signal: options.signal, encoder: options.encoder })
        times.push(result.stats.ms)
        const places = { ask: result.places, ...baselines?.(pair.question) } as Record<Answerer, readonly RankedPlace[]>
        const hits = Object.fromEntries(ANSWERERS.map((one) => [one, hitsOf(places[one], pair)])) as Scored['hits']
        scored.push({ isHeldOut: index % HELD_BACK === HELD_BACK - 1, hits })
        options.onAsked?.(scored.length, chosen.length)
      }
      trees.delete(name)
    }
  } finally {
    await pool.close()
  }
  return reportOf(chosen, scored, times)
}

function askWithout(
  { question, document, repository }: Asked,
  {
    pool,
    signal,
    encoder,
  }: Pick<QuestionEvaluation, 'encoder' | 'signal'> & { readonly pool: ReturnType<typeof createWorkspacePool> },
): Promise<AskResult> {
  const name = document.slice(document.lastIndexOf('/') + 1)
  return ask({
    question,
    repository: repository.root,
    limit: SHOWN,
    tokens: 0,
    globs: [`!**/${name.replace(/[[\]{}*?!\\]/g, '?')}`],
    openWorkspace: (place) => pool.open(place),
    encoder,
    signal,
  })
}

type RankedPlace = Pick<CodePlace, 'endLine' | 'name' | 'path' | 'startLine'>

/** BM25 over every definition of the code, each a document. */
function baselinesOf({ code, texts }: DocumentedTree) {
  const own = ownTexts(code, texts)
  return (question: string): Record<Exclude<Answerer, 'ask'>, readonly RankedPlace[]> => ({
    'bm25-code': bm25(question, code, (place) => linesOf(place, texts).join('\n')),
    'bm25-code-own': bm25(question, code, (place) => own.get(place) ?? ''),
  })
}

function bm25(
  question: string,
  code: readonly CodePlace[],
  textOf: (place: CodePlace) => string,
): readonly RankedPlace[] {
  const query = makeQuery(termsOfText(question))
  const count = createCounter(query)
  const scores = scoreDocuments(
    query,
    code.map((place) => count(textOf(place))),
  )
  return [...code.entries()]
    .filter(([index]) => (scores[index] ?? 0) > 0)
    .sort(([a], [b]) => (scores[b] ?? 0) - (scores[a] ?? 0))
    .slice(0, SHOWN)
    .map(([, place]) => place)
}

function linesOf({ path, startLine, endLine }: CodePlace, texts: DocumentedTree['texts']): readonly string[] {
  return (texts.get(path) ?? '').split('\n').slice(startLine - 1, endLine)
}

/** The lines of each definition that belong to none inside it. Definitions of a file come in source order. */
function ownTexts(code: readonly CodePlace[], texts: DocumentedTree['texts']): ReadonlyMap<CodePlace, string> {
  const owned = new Map<CodePlace, string>()
  for (const [path, text] of texts) {
    const places = code.filter((place) => place.path === path)
    const lines = text.split('\n')
    const owner = new Int32Array(lines.length).fill(-1)
    for (const [index, { startLine, endLine }] of places.entries()) owner.fill(index, startLine - 1, endLine)
    const parts: string[][] = places.map(() => [])
    for (const [row, line] of lines.entries()) parts[owner[row] ?? -1]?.push(line)
    for (const [index, place] of places.entries()) owned.set(place, (parts[index] ?? []).join('\n'))
  }
  return owned
}

function hitsOf(places: readonly RankedPlace[], { gold }: QuestionPair): Omit<HitRates, 'questions'> {
  const isRight = ({ path, name, startLine, endLine }: RankedPlace): boolean =>
    gold.some((one) => {
      if (one.path !== path) return false
      return one.name === name || (one.kind === 'class' && startLine >= one.startLine && endLine <= one.endLine)
    })
  const shown = places.slice(0, SHOWN)
  return {
    hit1: shown.slice(0, 1).some(isRight) ? 1 : 0,
    hit5: shown.some(isRight) ? 1 : 0,
    file5: shown.some(({ path }) => gold.some((one) => one.path === path)) ? 1 : 0,
  }
}

function reportOf(chosen: readonly Asked[], scored: readonly Scored[], times: readonly number[]): QuestionReport {
  const byRepository: Record<string, number> = {}
  for (const { repository } of chosen) byRepository[repository.name] = (byRepository[repository.name] ?? 0) + 1
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)
  return {
    questions: chosen.length,
    byRepository,
    rates: {
      development: ratesOf(scored.filter(({ isHeldOut }) => !isHeldOut)),
      heldOut: ratesOf(scored.filter(({ isHeldOut }) => isHeldOut)),
    },
    askMs: { p50: at(0.5), p95: at(0.95) },
  }
}

function ratesOf(scored: readonly Scored[]): Record<Answerer, HitRates> {
  const rates = ANSWERERS.map((one): [Answerer, HitRates] => {
    const share = (of: keyof Scored['hits'][Answerer]): number => {
      const hits = scored.reduce((sum, { hits: all }) => sum + all[one][of], 0)
      return Math.round((1_000 * hits) / Math.max(1, scored.length)) / 10
    }
    return [one, { questions: scored.length, hit1: share('hit1'), hit5: share('hit5'), file5: share('file5') }]
  })
  return Object.fromEntries(rates) as Record<Answerer, HitRates>
}
