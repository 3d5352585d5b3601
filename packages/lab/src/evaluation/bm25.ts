import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { languageOf, MAX_PARSED_CHARS, parseDefinitions } from 'fusesearch/code'
import { type Clock, FuseSearchError } from 'fusesearch/core'
import { createCounter, makeQuery, type Query, scoreDocuments, termsOfText } from 'fusesearch/search'
import { isTestPath } from '../datasets/index.ts'
import type { Contestant, ContestantResult, ContestantTask } from './run/contestant.ts'
import type { FunctionId } from './score.ts'

/** Only functions of this many files are ranked: parsing the whole repository takes longer than everything else. */
const FUNCTION_FILES = 10
/** The same limits as for a policy's ranking. */
const RANKED_FILES = 10
const RANKED_FUNCTIONS = 20
/** Few fixes touch more than one, so a longer answer loses more precision than it gains recall. */
const ANSWERED = 1

/** Which files compete: `all` source files, or `code` without tests, documentation, examples and benchmarks. */
export type Bm25Corpus = 'all' | 'code'

/**
 * BM25 with the whole issue as query: over source files, then over the functions of the best {@link FUNCTION_FILES}.
 * A ranker, not a policy: it reads the repository itself, has no turns and leaves no trajectory.
 */
export function createBm25(corpus: Bm25Corpus, clock: Clock): Contestant {
  return { name: corpus === 'all' ? 'bm25' : 'bm25-code', run: (task) => rank(task, corpus, clock) }
}

async function rank(
  { root, issue, signal }: ContestantTask,
  corpus: Bm25Corpus,
  clock: Clock,
): Promise<ContestantResult> {
  const startedMs = clock.nowMs()
  const isWanted = corpus === 'all' ? () => true : (path: string) => !isTestPath(path) && !isAsidePath(path)
  const files = await readSourceFiles(root, isWanted)
  const readMs = clock.nowMs() - startedMs
  signal.throwIfAborted()
  const query = makeQuery(termsOfText(issue))
  const rankedFiles = rankTexts(query, files)
  const functions = await functionsOf(rankedFiles.slice(0, FUNCTION_FILES))
  signal.throwIfAborted()
  const rankedFunctions = rankTexts(query, functions).map(({ path, name }): FunctionId => ({ path, name }))
  const paths = rankedFiles.map(({ path }) => path)
  const totalMs = clock.nowMs() - startedMs
  return {
    prediction: {
      files: paths.slice(0, ANSWERED),
      functions: rankedFunctions.slice(0, ANSWERED),
      ranking: { files: paths.slice(0, RANKED_FILES), functions: rankedFunctions.slice(0, RANKED_FUNCTIONS) },
    },
    confidence: 0,
    stats: {
      turns: 0,
      calls: 0,
      byTurn: [],
      efficiency: null,
      bytesShown: 0,
      isCut: false,
      ms: { total: totalMs, policy: totalMs - readMs, tools: readMs },
    },
    observations: [],
    hasTrajectory: false,
  }
}

/** Best first; texts without a term of the query are left out, and ties keep their order. */
function rankTexts<T extends { readonly text: string }>(query: Query, texts: readonly T[]): T[] {
  const count = createCounter(query)
  const scores = scoreDocuments(
    query,
    texts.map(({ text }) => count(text)),
  )
  return texts
    .map((item, index) => ({ item, score: scores[index] ?? 0 }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item)
}

async function functionsOf(files: readonly SourceFile[]): Promise<(FunctionId & { readonly text: string })[]> {
  const functions: (FunctionId & { readonly text: string })[] = []
  for (const { path, text } of files) {
    const lines = text.split('\n')
    for (const { kind, name, startLine, endLine } of await definitionsOf(path, text)) {
      if (kind === 'function') functions.push({ path, name, text: lines.slice(startLine - 1, endLine).join('\n') })
    }
  }
  return functions
}

/** A file that its grammar can't parse has no functions to rank. */
async function definitionsOf(path: string, text: string): ReturnType<typeof parseDefinitions> {
  const language = languageOf(path)
  if (language === undefined) return []
  try {
    return await parseDefinitions(text, language)
  } catch (error) {
    if (error instanceof FuseSearchError && error.code === 'grammar-failed') return []
    throw error
  }
}

/** A source file of a snapshot. */
interface SourceFile {
  /** Relative to the snapshot, with `/`. */
  readonly path: string
  readonly text: string
}

const ASIDE_FOLDERS = new Set(['doc', 'docs', 'example', 'examples', 'benchmark', 'benchmarks'])

/** Documentation, examples and benchmarks: fixes rarely touch them. */
function isAsidePath(path: string): boolean {
  return path
    .split('/')
    .slice(0, -1)
    .some((folder) => ASIDE_FOLDERS.has(folder))
}

/** The files of all languages that we parse, by path; files too large to parse are left out. */
async function readSourceFiles(root: string, isWanted: (path: string) => boolean): Promise<SourceFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && languageOf(entry.name) !== undefined)
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter(isWanted)
    .sort()
  const files: SourceFile[] = []
  for (const path of paths) {
    const place = join(root, path)
    if ((await stat(place)).size <= MAX_PARSED_CHARS) files.push({ path, text: await readFile(place, 'utf8') })
  }
  return files
}
