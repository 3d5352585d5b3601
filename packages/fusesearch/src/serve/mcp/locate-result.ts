import type { LocatedFile, LocateResult } from '../../locate/index.ts'
import { tokensOf } from './budget.ts'
import { renderLocate } from './render.ts'
import type { LocateOutput } from './schemas.ts'
import type { Snippet } from './snippets.ts'

/** Tokens for everything except the snippets. */
export const BASE_TOKENS = 2_000
/** Those of them that are reserved for saying what was left out. */
const OMITTED_TOKENS = 300

const MAX_FUNCTIONS = 5
const MAX_EVIDENCE = 3
const MAX_NOTICES = 5
const MAX_NOTICE_LENGTH = 300
const MAX_OMITTED_SNIPPETS = 4
const MAX_SHOWN_PATH = 100

type OutputFile = LocateOutput['files'][number]

/** A localization and how to show it. */
export interface Located {
  readonly repository: string
  /** Address of the trajectory. */
  readonly trajectory: string
  readonly result: LocateResult
  readonly maxFiles: number
  readonly snippetTokens: number
}

/** The files of a result to show: the answer, then the ranking. */
export function shownFiles({ result, maxFiles }: Pick<Located, 'result' | 'maxFiles'>): readonly OutputFile[] {
  const answered = new Set(result.files.map(({ path }) => path))
  const others = result.candidates.files.filter(({ path }) => !answered.has(path))
  const files = [
    ...result.files.map((file) => answerFile(file)),
    ...others.map(({ path }) => {
      const functions = result.candidates.functions.filter((one) => one.path === path)
      return { path, isAnswer: false, functions: shownFunctions(functions), evidence: [], commits: [], snippets: [] }
    }),
  ]
  return files.slice(0, maxFiles)
}

/** Fills the budget, the most useful parts first, and lists what doesn't fit. */
export function toLocateOutput(located: Located, snippets: readonly Snippet[]): LocateOutput {
  const { result, snippetTokens } = located
  const files = shownFiles(located)
  const fitting = new Fitting(emptyOutput(located), BASE_TOKENS - OMITTED_TOKENS)
  for (const file of files) {
    const bare = { ...file, evidence: [], commits: [] }
    fitting.add('files', (output) => ({ ...output, files: [...output.files, bare] }))
  }
  const notices = result.notices.map((notice) => notice.slice(0, MAX_NOTICE_LENGTH))
  for (const notice of notices.slice(0, MAX_NOTICES)) {
    fitting.add('notices', (output) => ({ ...output, notices: [...output.notices, notice] }))
  }
  fitting.omit('notices', notices.length - MAX_NOTICES)
  for (const { path, evidence } of files) {
    for (const one of evidence) {
      fitting.add('evidence', (output) => changeFile(output, path, (file) => ({ evidence: [...file.evidence, one] })))
    }
  }
  for (const { path, commits } of files) {
    for (const one of commits) {
      fitting.add('commits', (output) => changeFile(output, path, (file) => ({ commits: [...file.commits, one] })))
    }
  }
  const omitted = addSnippets(fitting, snippets, snippetTokens)
  const tokens = BASE_TOKENS + snippetTokens
  const rows = [...fitting.omittedRows(), ...snippetRows(omitted.length)]
  const output = {
    ...fitting.output,
    omitted: rows,
    omittedSource: omitted.slice(0, MAX_OMITTED_SNIPPETS).map(placeOf),
  }
  return { ...output, budget: { tokens, usedTokens: tokensOf(output, renderLocate(output)) } }
}

/** Returns the snippets that are not shown completely. */
function addSnippets(fitting: Fitting, snippets: readonly Snippet[], snippetTokens: number): readonly Snippet[] {
  fitting.limit = fitting.used() + snippetTokens
  return snippets.flatMap((snippet) => {
    const { endLine, omittedFrom, path, startLine, text } = snippet
    const shown = { startLine, endLine, text }
    const isIn =
      text !== '' &&
      fitting.add('', (output) => changeFile(output, path, (file) => ({ snippets: [...file.snippets, shown] })))
    if (!isIn) return [{ ...snippet, omittedFrom: startLine }]
    return omittedFrom === undefined ? [] : [snippet]
  })
}

/** An output that grows while it stays within its budget. */
class Fitting {
  output: LocateOutput
  /** Tokens. */
  limit: number
  readonly #omitted = new Map<string, number>()

  constructor(output: LocateOutput, limit: number) {
    this.output = output
    this.limit = limit
  }

  /** Grows the output if that fits. If not, counts `what` as left out, unless it is empty. */
  add(what: string, grow: (output: LocateOutput) => LocateOutput): boolean {
    const grown = grow(this.output)
    const fits = tokensOf(grown, renderLocate(grown)) <= this.limit
    if (fits) this.output = grown
    else if (what !== '') this.omit(what, 1)
    return fits
  }

  omit(what: string, count: number): void {
    if (count > 0) this.#omitted.set(what, (this.#omitted.get(what) ?? 0) + count)
  }

  used(): number {
    return tokensOf(this.output, renderLocate(this.output))
  }

  omittedRows(): string[] {
    const hint = 'fewer files (maxFiles) leave room for them'
    return [...this.#omitted].map(([what, count]) => `${what}: ${count} left out; ${hint}.`)
  }
}

function emptyOutput({ repository, result, snippetTokens, trajectory }: Located): LocateOutput {
  const { calls, ms, turns } = result.stats
  const tokens = BASE_TOKENS + snippetTokens
  return {
    repository,
    confidence: Math.round(result.confidence * 1_000) / 1_000,
    files: [],
    ...shownSources(result),
    notices: [],
    omitted: [],
    omittedSource: [],
    // A placeholder: the real number has at most as many digits.
    budget: { tokens, usedTokens: tokens },
    stats: { turns, calls, ms: Math.round(ms.total) },
    trajectory,
  }
}

/** The repositories of the answer, or of the ranking if there is no answer. */
function shownSources({ files, candidates, sources }: LocateResult): Pick<LocateOutput, 'sources'> {
  if (sources === undefined) return {}
  const shown = files.length > 0 ? files : candidates.files
  const own = sources.filter(({ prefix }) => shown.some(({ path }) => path.startsWith(prefix)))
  return { sources: own.slice(0, MAX_SOURCES) }
}

const MAX_SOURCES = 5

function answerFile({ path, functions, evidence, commits }: LocatedFile): OutputFile {
  return {
    path,
    isAnswer: true,
    functions: shownFunctions(functions),
    evidence: evidence
      .slice(0, MAX_EVIDENCE)
      .map(({ startLine, endLine, reason, text }) => ({ startLine, endLine, reason, text })),
    commits: commits.map(({ id, date, reason, subject }) => ({ id, date, reason, text: subject })),
    snippets: [],
  }
}

function shownFunctions(functions: readonly OutputFile['functions'][number][]): OutputFile['functions'] {
  return functions.slice(0, MAX_FUNCTIONS).map(({ name, startLine, endLine }) => ({ name, startLine, endLine }))
}

function changeFile(
  output: LocateOutput,
  path: string,
  change: (file: OutputFile) => Partial<OutputFile>,
): LocateOutput {
  return { ...output, files: output.files.map((file) => (file.path === path ? { ...file, ...change(file) } : file)) }
}

function snippetRows(count: number): string[] {
  if (count === 0) return []
  const named = count > MAX_OMITTED_SNIPPETS ? `, the first ${MAX_OMITTED_SNIPPETS} named` : ''
  const way = 'a larger snippetTokens shows it, or search with read_file on these lines'
  return [`source of ${count} ${count === 1 ? 'place' : 'places'}${named}: ${way}.`]
}

function placeOf({ path, omittedFrom, lastLine }: Snippet): LocateOutput['omittedSource'][number] {
  const isLong = path.length > MAX_SHOWN_PATH
  return { path: isLong ? `…${path.slice(-MAX_SHOWN_PATH)}` : path, startLine: omittedFrom ?? 1, endLine: lastLine }
}
