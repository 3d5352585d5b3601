import type { Answer, AnsweredFile, AnsweredFunction, CandidateFunction } from '../agent/index.ts'
import { type Definition, ENORMOUS_LINES, type Outline } from '../code/index.ts'
import { createSources, type SearchedPlace, type Source, type Sources } from './source.ts'

/** Names listed in one notice; further ones are counted. */
const MAX_NAMES_IN_NOTICE = 3

/** An answer whose paths and ranges all exist in the tree, and notices of what was removed or corrected. */
export interface CheckedAnswer {
  readonly answer: Answer
  readonly notices: readonly string[]
}

/**
 * Checks an answer against the tree. Removes paths that aren't files in it, and functions that the file doesn't define.
 * Corrects wrong lines of a right name (a part of an enormous definition is right), and completes a name without its
 * class if only one definition ends with it. Removes files that can't be opened any more, and functions of files that
 * can't be read or parsed, because their existence can't be checked. Every change has a notice.
 */
export async function checkAnswer(answer: Answer, place: SearchedPlace): Promise<CheckedAnswer> {
  const context: Context = {
    sources: createSources(place),
    dropped: new Set(),
    corrected: new Set(),
    completed: new Set(),
    gone: new Set(),
    unchecked: new Map(),
  }
  // Opened together, then checked in their order, so that the notices are in order too.
  const answered = [...answer.files, ...answer.candidates.files, ...answer.candidates.functions]
  await Promise.all(answered.map(({ path }) => context.sources.open(path)))
  const files = await keepHeld(answer.files, (file) => checkFile(file, context))
  const candidateFiles = await keepHeld(answer.candidates.files, (file) => checkPath(file, context))
  const functions = await keepHeld(answer.candidates.functions, (named) => checkCandidate(named, context))
  const isThere = ({ path }: { readonly path: string }): boolean => !context.gone.has(path)
  const left = files.filter(isThere)
  return {
    answer: {
      files: left,
      candidates: { files: candidateFiles.filter(isThere), functions: functions.filter(isThere) },
      confidence: left.length > 0 ? answer.confidence : 0,
    },
    notices: [
      ...noticeOf(context.dropped, "left out of the answer, because it doesn't exist in the repository"),
      ...noticeOf(context.gone, 'left out of the answer, because it disappeared while the answer was checked'),
      ...[...context.unchecked].flatMap(([reason, names]) =>
        noticeOf(names, `left out of the answer, because the file was not searched for functions: ${reason}`),
      ),
      ...noticeOf(context.completed, 'completed, because the policy gave only the end of the name'),
      ...noticeOf(context.corrected, "lines corrected to those of the definition, because the policy's were wrong"),
    ],
  }
}

interface Context {
  readonly sources: Sources
  readonly dropped: Set<string>
  readonly corrected: Set<string>
  readonly completed: Set<string>
  /** Paths that could be opened. */
  readonly gone: Set<string>
  /** Functions that can't be checked, by the reason. */
  readonly unchecked: Map<string, Set<string>>
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

/**
 * A ranking is long and parsing is slow: if the lines contain the name, that is enough; otherwise the parser decides.
 */
async function checkCandidate(named: CandidateFunction, context: Context): Promise<CandidateFunction | undefined> {
  const source = await context.sources.open(named.path)
  if (source === undefined) return checkPath(named, context)
  if (await isNamedInRange(named, source)) return named
  return findDefinition(named, { path: named.path, source, context })
}

async function isNamedInRange({ name, startLine, endLine }: AnsweredFunction, source: Source): Promise<boolean> {
  const read = await source.text()
  if (read.kind !== 'text' || startLine < 1 || endLine < startLine) return false
  return linesOf(read.text, startLine, endLine)?.includes(name.slice(name.lastIndexOf('.') + 1)) === true
}

/** The lines of a range, both ends included; undefined if the text is shorter. */
function linesOf(text: string, startLine: number, endLine: number): string | undefined {
  let start = 0
  let end = 0
  for (let line = 1; line <= endLine; line++) {
    if (end >= text.length) return undefined
    if (line === startLine) start = end
    const newline = text.indexOf('\n', end)
    end = newline === -1 ? text.length : newline + 1
  }
  return text.slice(start, end)
}

async function findDefinition<T extends AnsweredFunction>(
  named: T,
  { path, source, context }: { readonly path: string; readonly source: Source; readonly context: Context },
): Promise<T | undefined> {
  const { definitions, notParsed } = await source.outline()
  if ((await source.text()).kind === 'gone') {
    context.gone.add(path)
    return undefined
  }
  if (notParsed !== undefined) {
    const names = context.unchecked.get(notParsed) ?? new Set()
    context.unchecked.set(notParsed, names.add(`${named.name} in ${path}`))
    return undefined
  }
  const nearest = nearestOf(named, definitions)
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
  if (isPartOfEnormous(named, nearest)) return named
  context.corrected.add(`${named.name} in ${path}`)
  return { ...named, startLine, endLine }
}

function isPartOfEnormous(named: AnsweredFunction, { startLine, endLine }: Definition): boolean {
  const isInside = named.startLine >= startLine && named.endLine <= endLine && named.startLine <= named.endLine
  return isInside && endLine - startLine >= ENORMOUS_LINES
}

/** The definition of that name with the nearest lines; if there is none, the only one whose name ends with it. */
function nearestOf(named: AnsweredFunction, definitions: Outline['definitions']): Definition | undefined {
  const exact = functionsFirst(definitions.filter(({ name }) => name === named.name))
  const longer = functionsFirst(definitions.filter(({ name }) => name.endsWith(`.${named.name}`)))
  const same = exact.length === 0 && longer.length === 1 ? longer : exact
  return same.reduce<Definition | undefined>(
    (best, next) => (best && distance(best, named) <= distance(next, named) ? best : next),
    undefined,
  )
}

/** Leaves blocks out if anything else has the name, because a field may have the same name as a function. */
function functionsFirst(definitions: readonly Definition[]): readonly Definition[] {
  const others = definitions.filter(({ kind }) => kind !== 'block')
  return others.length > 0 ? others : definitions
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
