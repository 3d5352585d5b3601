import type { Definition, Language, Outline } from './definition.ts'
import { languageOf } from './languages.ts'
import { MAX_PARSED_CHARS } from './limits.ts'
import type { Parsed } from './outline-cache.ts'
import { readComponent } from './outlines/components.ts'
import { interpreterOf, type OutlineKind, outlineKindOf } from './outlines/kinds.ts'
import { mergeDefinitions } from './outlines/outline-builder.ts'
import { type ParseOptions, parseOutline } from './parse.ts'

/** Higher than for source, since notebooks contain pictures, which an outline skips. */
const MAX_NOTEBOOK_CHARS = 10_000_000

/** Interpreters of the languages with a grammar, for scripts without an extension. */
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
 * Whether {@link definitionsOf} knows the type of a file. Decides by the name or, if that doesn't tell, by the `#!`
 * line; needs no other content.
 */
export function hasDefinitions(path: string, firstLine = ''): boolean {
  return languageIn(path, firstLine) !== undefined || outlineKindOf(path, firstLine) !== undefined
}

/** What limits reading, and where outlines are kept. */
export type ReadOutlineOptions = Pick<ParseOptions, 'budget' | 'outlines'>

/**
 * The outline of a file of any type: functions, named types and blocks (sections, keys, statements and the like) in
 * source order, nested names joined by dots. Grammars parse the languages of `LANGUAGES` and the scripts of components;
 * every other type gets an outline of its lines. Undefined for an unknown type. If the text was not parsed, because it
 * has more than {@link MAX_PARSED_CHARS} characters or because the grammar or the budget gave up, there are no
 * definitions, and `notParsed` says why.
 * Throws `grammar-failed` if a grammar can't be loaded or runs out of memory.
 */
export async function readOutline(
  path: string,
  text: string,
  options: ReadOutlineOptions = {},
): Promise<Outline | undefined> {
  const firstLine = firstLineOf(text)
  const language = languageIn(path, firstLine)
  if (language !== undefined) return parseOutline(text, language, { ...options, hasBlocks: true })
  const kind = outlineKindOf(path, firstLine)
  if (kind === undefined) return undefined
  const maxChars = kind === 'notebook' ? MAX_NOTEBOOK_CHARS : MAX_PARSED_CHARS
  if (text.length > maxChars) return { definitions: [], notParsed: `it has more than ${maxChars} characters` }
  if (text.includes('\0')) return { definitions: [], notParsed: 'it holds a NUL character, so it is taken as binary' }
  const parse = async (): Promise<Parsed> => {
    const outline = await outlineOfKind(kind, text, options)
    return { outline, isFinal: outline.notParsed === undefined }
  }
  return options.outlines?.recall(text, kind, parse) ?? (await parse()).outline
}

/** The line that names a script's interpreter; empty for any other text. */
export function firstLineOf(text: string): string {
  return text.startsWith('#!') ? text.slice(0, text.search(/\r?\n|$/)) : ''
}

/** The definitions of {@link readOutline}. */
export async function definitionsOf(path: string, text: string): Promise<readonly Definition[] | undefined> {
  return (await readOutline(path, text))?.definitions
}

/** The language whose grammar parses a file, by the file's name or, if that doesn't tell, by its `#!` line. */
export function languageIn(path: string, firstLine: string): Language | undefined {
  const language = languageOf(path)
  if (language !== undefined || firstLine === '' || outlineKindOf(path) !== undefined) return language
  return SCRIPT_LANGUAGES.get(interpreterOf(firstLine) ?? '')
}

async function outlineOfKind(kind: OutlineKind, text: string, options: ReadOutlineOptions): Promise<Outline> {
  if (kind === 'vue' || kind === 'svelte' || kind === 'astro') {
    const { script, sections } = readComponent(text, { hasFrontMatter: kind === 'astro' })
    return withScript(sections, script, options)
  }
  // Imported here because most searches read only source and need none of these.
  if (kind === 'notebook') return notebookOutline(text, options)
  const { OUTLINERS } = await import('./outlines/outliners.ts')
  // MATLAB and Objective-C share an extension; only Objective-C has lines that match this.
  const isMatlab = kind === 'objc' && !/^[ \t]*(?:@\w+|#(?:import|include|define)|[-+] ?\()/m.test(text)
  const outline = OUTLINERS[isMatlab ? 'ended' : kind]?.(text) ?? []
  return withScript(outline, kind === 'html' ? readComponent(text).script : undefined, options)
}

async function withScript(
  sections: readonly Definition[],
  script: { readonly text: string; readonly language: Language } | undefined,
  options: ReadOutlineOptions,
): Promise<Outline> {
  if (script === undefined) return { definitions: sections }
  const outline = await parseOutline(script.text, script.language, { ...options, hasBlocks: true })
  return { ...outline, definitions: mergeDefinitions(sections, outline.definitions) }
}

/** The cells, and the definitions in code cells, with line numbers of the notebook's file. */
async function notebookOutline(text: string, options: ReadOutlineOptions): Promise<Outline> {
  const { readNotebook } = await import('./outlines/json.ts')
  const { cells, code, language } = readNotebook(text)
  const known = NOTEBOOK_LANGUAGES.get(language)
  if (known === undefined) return { definitions: cells }
  // A line that begins with % or ! is for the notebook, not for the language.
  const source = code.map((line) => (/^\s*[%!?]/.test(line.text) ? '' : line.text)).join('\n')
  const lineAt = (line: number): number => (code[line - 1]?.row ?? 0) + 1
  const outline = await parseOutline(source, known, { ...options, hasBlocks: true })
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
