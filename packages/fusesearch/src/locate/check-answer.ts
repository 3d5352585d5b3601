import type { Answer, AnsweredFile, AnsweredFunction, CandidateFunction } from '../agent/index.ts'
import type { Definition } from '../code/index.ts'
import type { Tree } from '../search/index.ts'
import { createSources, type Source, type Sources } from './source.ts'

/** Names listed in one notice; the rest is counted. */
const MAX_NAMES_IN_NOTICE = 3

/** An answer of which every path and range holds in the tree, and what had to go or change for that. */
export interface CheckedAnswer {
  readonly answer: Answer
  readonly notices: readonly string[]
}

/**
 * Checks an answer against the tree. A path that isn't a file in it goes; a function without a definition of its name
 * in the file goes; a right name with wrong lines gets the lines of its definition, and a name without its class, where
 * only one definition ends so, the whole name. Nothing goes unsaid.
 */
export async function checkAnswer(answer: Answer, tree: Tree): Promise<CheckedAnswer> {
  const context: Context = {
    sources: createSources(tree),
    dropped: new Set(),
    corrected: new Set(),
    completed: new Set(),
  }
  // Opened together, then judged in their order, so that what is said of them has one order too.
  const answered = [...answer.files, ...answer.candidates.files, ...answer.candidates.functions]
  await Promise.all(answered.map(({ path }) => context.sources.open(path)))
  const files = await keepHeld(answer.files, (file) => checkFile(file, context))
  const candidateFiles = await keepHeld(answer.candidates.files, (file) => checkPath(file, context))
  const functions = await keepHeld(answer.candidates.functions, (named) => checkCandidate(named, context))
  return {
    answer: {
      files,
      candidates: { files: candidateFiles, functions },
      confidence: files.length > 0 ? answer.confidence : 0,
    },
    notices: [
      ...noticeOf(context.dropped, 'left out of the answer, because the repository has no such thing'),
      ...noticeOf(context.completed, 'given the whole name, of which the policy had the end'),
      ...noticeOf(context.corrected, 'given the lines of their definitions, which the policy had wrong'),
    ],
  }
}

interface Context {
  readonly sources: Sources
  readonly dropped: Set<string>
  readonly corrected: Set<string>
  readonly completed: Set<string>
}

async function keepHeld<T, R>(items: readonly T[], check: (item: T) => Promise<R | undefined>): Promise<readonly R[]> {
  const kept: R[] = []
  for (const item of items) {
    const checked = await check(item)
    if (checked !== undefined) kept.push(checked)
  }
  return kept
}

async function checkPath<T extends { readonly path: string }>(file: T, context: Context): Promise<T | undefined> {
  if (await context.sources.open(file.path)) return file
  context.dropped.add(file.path)
  return undefined
}

async function checkFile(file: AnsweredFile, context: Context): Promise<AnsweredFile | undefined> {
  const source = await context.sources.open(file.path)
  if (source === undefined) return checkPath(file, context)
  const functions = await keepHeld(file.functions, (named) =>
    findDefinition(named, { path: file.path, source, context }),
  )
  return { ...file, functions }
}

/** A ranking is long and parsing is dear: there the name standing in its lines is enough, and else the parser decides. */
async function checkCandidate(named: CandidateFunction, context: Context): Promise<CandidateFunction | undefined> {
  const source = await context.sources.open(named.path)
  if (source === undefined) return checkPath(named, context)
  if (await isNamedInRange(named, source)) return named
  return findDefinition(named, { path: named.path, source, context })
}

async function isNamedInRange({ name, startLine, endLine }: AnsweredFunction, source: Source): Promise<boolean> {
  const lines = await source.lines()
  if (startLine < 1 || endLine < startLine || endLine > lines.length) return false
  const shortName = name.slice(name.lastIndexOf('.') + 1)
  return lines.slice(startLine - 1, endLine).some((line) => line.includes(shortName))
}

async function findDefinition<T extends AnsweredFunction>(
  named: T,
  { path, source, context }: { readonly path: string; readonly source: Source; readonly context: Context },
): Promise<T | undefined> {
  const definitions = await source.definitions()
  const exact = definitions.filter(({ name }) => name === named.name)
  const longer = definitions.filter(({ name }) => name.endsWith(`.${named.name}`))
  const same = exact.length === 0 && longer.length === 1 ? longer : exact
  const nearest = same.reduce<Definition | undefined>(
    (best, next) => (best && distance(best, named) <= distance(next, named) ? best : next),
    undefined,
  )
  if (nearest === undefined) {
    context.dropped.add(`${named.name} in ${path}`)
    return undefined
  }
  const { name, startLine, endLine } = nearest
  if (name !== named.name) {
    context.completed.add(`${name} in ${path}`)
    return { ...named, name, startLine, endLine }
  }
  if (startLine === named.startLine && endLine === named.endLine) return named
  context.corrected.add(`${named.name} in ${path}`)
  return { ...named, startLine, endLine }
}

function distance(definition: Definition, { startLine, endLine }: AnsweredFunction): number {
  return Math.abs(definition.startLine - startLine) + Math.abs(definition.endLine - endLine)
}

function noticeOf(names: ReadonlySet<string>, fact: string): string[] {
  if (names.size === 0) return []
  const shown = [...names].slice(0, MAX_NAMES_IN_NOTICE).join(', ')
  const rest = names.size > MAX_NAMES_IN_NOTICE ? ` and ${names.size - MAX_NAMES_IN_NOTICE} more` : ''
  return [`${shown}${rest}: ${fact}.`]
}
