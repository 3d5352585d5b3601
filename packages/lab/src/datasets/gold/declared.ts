import { type Definition, languageOf, parseDefinitions } from 'fusesearch/code'
import type { DeclaredGold } from '../instance.ts'
import type { Gold, GoldFunction } from './gold.ts'
import { badPatch } from './patch.ts'
import { isTestPath } from './test-path.ts'

/** Declared gold and the state that it speaks of. */
export interface DeclaredRequest {
  readonly declared: DeclaredGold
  readonly readFile: (path: string) => Promise<string | undefined>
}

/**
 * Gold from a dataset that names files and functions alone: names become ranges by parsing the base commit, and a
 * name that no definition there has counts as added. Tests are left out, except for `testsOnly`.
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

/** Exact names first; else those that end alike, for datasets that write more or fewer of the outer names. */
function definitionsNamed(definitions: readonly Definition[], declared: string): readonly Definition[] {
  const name = declared.replaceAll(/::|#/g, '.')
  const functions = definitions.filter((definition) => definition.kind === 'function')
  const exact = functions.filter((definition) => definition.name === name)
  if (exact.length > 0) return exact
  return functions.filter(
    (definition) => `.${name}`.endsWith(`.${definition.name}`) || definition.name.endsWith(`.${name}`),
  )
}
