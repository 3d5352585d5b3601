import type { Definition, Language, Outline } from './definition.ts'
import type { ParseBudget } from './effort.ts'
import { languageOf } from './languages.ts'
import { MAX_PARSED_CHARS } from './limits.ts'
import { readComponent } from './outlines/components.ts'
import { interpreterOf, type OutlineKind, outlineKindOf } from './outlines/kinds.ts'
import { mergeDefinitions } from './outlines/outline-builder.ts'
import { type ParseOptions, parseOutline } from './parse.ts'
import { recall } from './remember.ts'

/** Notebooks hold their pictures, which an outline passes over. */
const MAX_NOTEBOOK_CHARS = 10_000_000

/** Interpreters of scripts in a language with a grammar, for files without extension. */
const SCRIPT_LANGUAGES: ReadonlyMap<string, Language> = new Map([
  ['python', 'python'],
  ['pypy', 'python'],
  ['node', 'javascript'],
  ['nodejs', 'javascript'],
  ['deno', 'typescript'],
  ['bun', 'typescript'],
  ['tsx', 'typescript'],
  ['ts-node', 'typescript'],
  ['ruby', 'ruby'],
  ['php', 'php'],
  ['scala', 'scala'],
  ['kotlin', 'kotlin'],
  ['swift', 'swift'],
])

/**
 * Whether {@link definitionsOf} knows the type of a file, judged without its contents but for the `#!` line of a file
 * whose name tells nothing.
 */
export function hasDefinitions(path: string, firstLine = ''): boolean {
  return languageIn(path, firstLine) !== undefined || outlineKindOf(path, firstLine) !== undefined
}

/**
 * The outline of a file of any type: functions, named types and blocks (sections, keys, statements and the like) in
 * source order, nested names joined by dots. A language of `LANGUAGES` is read by its grammar, everything else by an
 * outline of its lines, and the script of a component by the grammar of its language. Undefined where nothing is known
 * of the type; without definitions where there are none, or with the reason why they were not looked for: the text has
 * more than {@link MAX_PARSED_CHARS} characters, or the grammar or the budget gave it up.
 * Throws `grammar-failed` when a grammar can't be loaded or runs out of memory.
 */
export async function readOutline(path: string, text: string, budget?: ParseBudget): Promise<Outline | undefined> {
  const firstLine = firstLineOf(text)
  const language = languageIn(path, firstLine)
  if (language !== undefined) return parseOutline(text, language, withBlocks(budget))
  const kind = outlineKindOf(path, firstLine)
  if (kind === undefined) return undefined
  const maxChars = kind === 'notebook' ? MAX_NOTEBOOK_CHARS : MAX_PARSED_CHARS
  if (text.length > maxChars) return { definitions: [], notParsed: `it has more than ${maxChars} characters` }
  if (text.includes('\0')) return { definitions: [], notParsed: 'it holds a NUL character, so it is taken as binary' }
  return recall(text, kind, async () => {
    const outline = await outlineOfKind(kind, text, budget)
    return { outline, isFinal: outline.notParsed === undefined }
  })
}

/** The line that names a script's interpreter; empty for any other text. */
export function firstLineOf(text: string): string {
  return text.startsWith('#!') ? text.slice(0, text.search(/\r?\n|$/)) : ''
}

/** The definitions of {@link readOutline}. */
export async function definitionsOf(path: string, text: string): Promise<readonly Definition[] | undefined> {
  return (await readOutline(path, text))?.definitions
}

function withBlocks(budget: ParseBudget | undefined): ParseOptions {
  return { hasBlocks: true, ...(budget && { budget }) }
}

/** The language whose grammar reads a file, by its name or, for a script without one that tells, by its `#!` line. */
export function languageIn(path: string, firstLine: string): Language | undefined {
  const language = languageOf(path)
  if (language !== undefined || firstLine === '' || outlineKindOf(path) !== undefined) return language
  return SCRIPT_LANGUAGES.get(interpreterOf(firstLine) ?? '')
}

async function outlineOfKind(kind: OutlineKind, text: string, budget: ParseBudget | undefined): Promise<Outline> {
  if (kind === 'vue' || kind === 'svelte' || kind === 'astro') {
    const { script, sections } = readComponent(text, { hasFrontMatter: kind === 'astro' })
    return withScript(sections, script, budget)
  }
  // Imported here: most searches read source alone, and need none of these.
  if (kind === 'notebook') return notebookOutline(text, budget)
  const { OUTLINERS } = await import('./outlines/outliners.ts')
  // MATLAB has the extension of Objective-C, and none of its words.
  const isMatlab = kind === 'objc' && !/^[ \t]*(?:@\w+|#(?:import|include|define)|[-+] ?\()/m.test(text)
  const outline = OUTLINERS[isMatlab ? 'ended' : kind]?.(text) ?? []
  return withScript(outline, kind === 'html' ? readComponent(text).script : undefined, budget)
}

async function withScript(
  sections: readonly Definition[],
  script: { readonly text: string; readonly language: Language } | undefined,
  budget: ParseBudget | undefined,
): Promise<Outline> {
  if (script === undefined) return { definitions: sections }
  const outline = await parseOutline(script.text, script.language, withBlocks(budget))
  return { ...outline, definitions: mergeDefinitions(sections, outline.definitions) }
}

/** Cells, and what the code cells define, at the lines of the notebook's file. */
async function notebookOutline(text: string, budget: ParseBudget | undefined): Promise<Outline> {
  const { readNotebook } = await import('./outlines/json.ts')
  const { cells, code, language } = readNotebook(text)
  const known = NOTEBOOK_LANGUAGES.get(language)
  if (known === undefined) return { definitions: cells }
  // A line that begins with % or ! is for the notebook, not for the language.
  const source = code.map((line) => (/^\s*[%!?]/.test(line.text) ? '' : line.text)).join('\n')
  const lineAt = (line: number): number => (code[line - 1]?.row ?? 0) + 1
  const outline = await parseOutline(source, known, withBlocks(budget))
  const placed = outline.definitions.map((definition) => ({
    ...definition,
    startLine: lineAt(definition.startLine),
    nameLine: lineAt(definition.nameLine),
    endLine: lineAt(definition.endLine),
  }))
  return { ...outline, definitions: mergeDefinitions(cells, placed) }
}

const NOTEBOOK_LANGUAGES: ReadonlyMap<string, Language> = new Map([
  ['python', 'python'],
  ['javascript', 'javascript'],
  ['typescript', 'typescript'],
  ['scala', 'scala'],
  ['kotlin', 'kotlin'],
  ['ruby', 'ruby'],
  ['c#', 'csharp'],
  ['rust', 'rust'],
  ['go', 'go'],
])
