import { type Definition, languageOf, parseDefinitions } from 'fusesearch/code'
import type { DeclaredGold } from '../instance.ts'
import { type Applied, applyHunks, createdText } from './apply.ts'
import { badPatch, isTestFile, isTestPath, type PatchedFile, readPatch } from './patch.ts'

/** A function that the fix changed, as it is at the base commit. Lines from 1, both ends included. */
export interface GoldFunction {
  readonly path: string
  /** Qualified within the file: `Class.method`. */
  readonly name: string
  readonly startLine: number
  readonly endLine: number
}

/** What a fix changed, and the facts that decide which subsets the instance is in. */
export interface Gold {
  /** Paths at base that the fix changes, deletes or renames (old path), in the patch's order. */
  readonly files: readonly string[]
  /** In the order of `files`, then of lines. */
  readonly functions: readonly GoldFunction[]
  readonly addsFile: boolean
  /** Adds a function, method or class; a renamed one counts as added. */
  readonly addsFunction: boolean
  readonly touchesFunction: boolean
  /** Every path that the patch names is a test. */
  readonly testsOnly: boolean
  /** In the subset "kept": adds no file, function, method or class, and changes at least one function. */
  readonly kept: boolean
}

/** A patch and the files that it applies to. */
export interface GoldRequest {
  readonly patch: string
  /** The text of a file at the base commit; undefined when there is no such file. */
  readonly readFile: (path: string) => Promise<string | undefined>
  /** Leaves test files out of everything but `testsOnly`, for datasets whose patches include the tests. */
  readonly dropTests?: boolean
}

/**
 * Gold from a patch: the only definition of what a fix changed.
 * @throws FuseSearchError `bad-patch` when the patch can't be read or doesn't apply to the base commit.
 */
export async function extractGold(request: GoldRequest): Promise<Gold> {
  const named = readPatch(request.patch)
  const patched = request.dropTests === true ? named.filter((file) => !isTestFile(file)) : named
  const files = new Set<string>()
  // A patch deletes and creates a file that becomes a link, or the reverse: the path isn't new.
  const oldPaths = new Set(patched.map((file) => file.oldPath))
  const functions: GoldFunction[] = []
  let addsFile = false
  let addsFunction = false
  for (const file of patched) {
    const change = await readChange(file, request)
    if (file.oldPath !== undefined && !file.isCopy) files.add(file.oldPath)
    else if (!oldPaths.has(file.newPath)) addsFile = true
    functions.push(...change.functions)
    addsFunction ||= change.addsFunction
  }
  const touchesFunction = functions.length > 0
  const kept = touchesFunction && !addsFile && !addsFunction
  return {
    files: [...files],
    functions,
    addsFile,
    addsFunction,
    touchesFunction,
    testsOnly: named.every(isTestFile),
    kept,
  }
}

interface FileChange {
  readonly functions: readonly GoldFunction[]
  readonly addsFunction: boolean
}

const NO_CHANGE: FileChange = { functions: [], addsFunction: false }

async function readChange(file: PatchedFile, request: GoldRequest): Promise<FileChange> {
  if (file.oldPath === undefined) {
    const added = await definitionsOf(file.newPath, createdText(file.hunks))
    return { functions: [], addsFunction: added.length > 0 }
  }
  const base = await request.readFile(file.oldPath)
  if (base === undefined) throw badPatch(`the patch doesn't apply: there is no ${file.oldPath} at the base commit`)
  if (file.hunks.length === 0) return NO_CHANGE
  const applied = applyHunks(base, file.hunks, file.oldPath)
  const before = await definitionsOf(file.oldPath, base)
  const after = file.newPath === undefined ? [] : await definitionsOf(file.newPath, applied.text)
  const addsFunction = hasNewName(before, after)
  return { functions: file.isCopy ? [] : changedFunctions(before, applied, file.oldPath), addsFunction }
}

async function definitionsOf(path: string | undefined, text: string): Promise<readonly Definition[]> {
  const language = path === undefined ? undefined : languageOf(path)
  return language === undefined ? [] : parseDefinitions(text, language)
}

function changedFunctions(definitions: readonly Definition[], applied: Applied, path: string): GoldFunction[] {
  const changed = new Set<Definition>()
  const add = (definition: Definition | undefined): void => {
    if (definition !== undefined) changed.add(definition)
  }
  for (const line of applied.removed) add(innermostHolding(definitions, line, line))
  for (const line of applied.insertedAfter) add(innermostHolding(definitions, line, line + 1))
  const functions = [...changed].map(({ name, startLine, endLine }) => ({ path, name, startLine, endLine }))
  return functions.sort((a, b) => a.startLine - b.startLine || b.endLine - a.endLine)
}

/** The innermost function that contains both lines; one that begins later is inside one that begins earlier. */
function innermostHolding(definitions: readonly Definition[], first: number, last: number): Definition | undefined {
  let innermost: Definition | undefined
  for (const definition of definitions) {
    if (definition.kind !== 'function' || definition.startLine > first || definition.endLine < last) continue
    if (innermost === undefined || definition.startLine >= innermost.startLine) innermost = definition
  }
  return innermost
}

/** Whether some qualified name is more frequent after than before; overloads share a name. */
function hasNewName(before: readonly Definition[], after: readonly Definition[]): boolean {
  const left = new Map<string, number>()
  for (const definition of before) left.set(nameKey(definition), (left.get(nameKey(definition)) ?? 0) + 1)
  return after.some((definition) => {
    const count = left.get(nameKey(definition)) ?? 0
    left.set(nameKey(definition), count - 1)
    return count === 0
  })
}

function nameKey(definition: Definition): string {
  return `${definition.kind} ${definition.name}`
}

/** Declared gold and the files that it refers to. */
interface DeclaredRequest {
  readonly declared: DeclaredGold
  readonly readFile: (path: string) => Promise<string | undefined>
}

/**
 * Gold from a dataset that names only files and functions: the base commit is parsed for their lines, and a name
 * without a definition there counts as added. Tests are left out, except for `testsOnly`.
 * @throws FuseSearchError `bad-patch` when a declared file isn't at the base commit.
 */
export async function declaredGold(request: DeclaredRequest): Promise<Gold> {
  const { declared, readFile } = request
  const files = declared.files.filter((path) => !isTestPath(path))
  const added = declared.added.filter((path) => !isTestPath(path))
  const functions: GoldFunction[] = []
  let addsFunction = declared.functions.some(({ path }) => added.includes(path))
  for (const path of files) {
    const text = await readFile(path)
    if (text === undefined) throw badPatch(`the declared file ${path} is not at the base commit`)
    const names = new Set(declared.functions.filter((entry) => entry.path === path).map((entry) => entry.name))
    const language = languageOf(path)
    const definitions = language === undefined || names.size === 0 ? [] : await parseDefinitions(text, language)
    for (const name of names) {
      const found = definitionsNamed(definitions, name)
      addsFunction ||= found.length === 0
      functions.push(...found.map((one) => ({ path, name: one.name, startLine: one.startLine, endLine: one.endLine })))
    }
  }
  functions.sort((a, b) => files.indexOf(a.path) - files.indexOf(b.path) || a.startLine - b.startLine)
  const touchesFunction = functions.length > 0
  const addsFile = added.length > 0
  const all = [...declared.files, ...declared.added]
  const kept = touchesFunction && !addsFile && !addsFunction
  return { files, functions, addsFile, addsFunction, touchesFunction, testsOnly: all.every(isTestPath), kept }
}

/** Exact names first; otherwise names with the same ending, for datasets that write more or fewer outer names. */
function definitionsNamed(definitions: readonly Definition[], declared: string): readonly Definition[] {
  const name = declared.replaceAll(/::|#/g, '.')
  const functions = definitions.filter((definition) => definition.kind === 'function')
  const exact = functions.filter((definition) => definition.name === name)
  if (exact.length > 0) return exact
  return functions.filter(
    (definition) => `.${name}`.endsWith(`.${definition.name}`) || definition.name.endsWith(`.${name}`),
  )
}
