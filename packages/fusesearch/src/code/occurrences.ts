import type { Definition, Language } from './definition.ts'
import { firstLineOf, languageIn, readOutline } from './definitions-of.ts'
import type { ParseBudget } from './effort.ts'
import { readComponent } from './outlines/components.ts'
import { outlineKindOf } from './outlines/kinds.ts'
import { readTree } from './parse.ts'

/**
 * The kind of a name's occurrence. `use`: code other than its definition. `import`: code inside an import statement.
 * `mention`: text that no grammar parses.
 */
export type OccurrenceKind = 'comment' | 'definition' | 'import' | 'mention' | 'string' | 'use'

/** A name in a text. Lines and columns (UTF-16) count from 1. */
export interface Occurrence {
  readonly line: number
  readonly column: number
  readonly kind: OccurrenceKind
  /** For a definition, its qualified name; else that of the innermost function or named type around the occurrence. */
  readonly inside: string | undefined
}

/** The occurrences of a name in one text, in order. */
export interface Occurrences {
  readonly occurrences: readonly Occurrence[]
  /** Why the text's grammar did not parse it, as a clause for people. Then all occurrences are mentions. */
  readonly notParsed?: string
}

/** A text to search for a name. */
export interface NamedText {
  readonly path: string
  readonly text: string
  /** One unqualified identifier, found as a whole word. */
  readonly name: string
}

/**
 * Every occurrence of an identifier in a text. The grammar of the text's language, or of the script in a component or
 * page, tells definitions, uses, imports, comments and strings apart. Without a grammar, definitions come from
 * `readOutline`, and all other occurrences are mentions.
 * Throws `grammar-failed` if a grammar can't be loaded or runs out of memory.
 */
export async function findOccurrences({ path, text, name }: NamedText, budget?: ParseBudget): Promise<Occurrences> {
  const places = placesOf(text, name)
  const source = sourceOf(path, text)
  if (source === undefined) return { occurrences: mentions(places, await definitionsIn(path, text, budget), name) }
  // The script of a component keeps its line numbers; the lines of all other sections are empty.
  const offsets = lineOffsets(source.text)
  const reading = await readTree(source.text, { language: source.language, budget }, ({ definitions, typesAt }) =>
    places
      .map(({ line, column }): Occurrence => {
        const offset = (offsets[line - 1] ?? 0) + column - 1
        const isParsed = source.text.startsWith(name, offset)
        const kind = isParsed ? kindOf(typesAt(offset, offset + name.length, IMPORT_DEPTH)) : 'mention'
        return { line, column, kind, inside: innermost(definitions, line)?.name }
      })
      .map(markDefinitions(definitions, name)),
  )
  if (reading.kind === 'read') return { occurrences: reading.value }
  return { occurrences: mentions(places, [], name), notParsed: reading.notParsed }
}

interface Place {
  readonly line: number
  readonly column: number
}

function placesOf(text: string, name: string): Place[] {
  const places: Place[] = []
  for (const [row, line] of text.split('\n').entries()) {
    for (let at = line.indexOf(name); at !== -1; at = line.indexOf(name, at + name.length)) {
      const isWhole = !isWordAt(line, at - 1) && !isWordAt(line, at + name.length)
      if (isWhole) places.push({ line: row + 1, column: at + 1 })
    }
  }
  return places
}

function isWordAt(line: string, at: number): boolean {
  return /[\p{L}\p{N}_]/u.test(line.charAt(at))
}

function sourceOf(path: string, text: string): { readonly text: string; readonly language: Language } | undefined {
  const firstLine = firstLineOf(text)
  const language = languageIn(path, firstLine)
  if (language !== undefined) return { text, language }
  const kind = outlineKindOf(path, firstLine)
  const hasScript = kind === 'vue' || kind === 'svelte' || kind === 'astro' || kind === 'html'
  return hasScript ? readComponent(text, { hasFrontMatter: kind === 'astro' }).script : undefined
}

function lineOffsets(text: string): number[] {
  const offsets = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) offsets.push(at + 1)
  return offsets
}

const COMMENT = /comment/
/** The types of the innermost nodes in a string. Interpolated code has other innermost nodes. */
const STRING = /string|heredoc|regex|(?:rune|char|character)_literal|escape|(?:^|_)text$/
const IMPORT = /^(?:import|use_declaration|using_directive|namespace_use|preproc_include|include)/
/** Most nodes between a name and the import statement around it. */
const IMPORT_DEPTH = 8

/** Decides by the types of the surrounding nodes, innermost first. */
function kindOf(types: readonly string[]): OccurrenceKind {
  const [leaf] = types
  if (leaf === undefined) return 'mention'
  if (COMMENT.test(leaf)) return 'comment'
  if (types.some((type) => IMPORT.test(type))) return 'import'
  return STRING.test(leaf) ? 'string' : 'use'
}

/** The first use of the name on the line that holds a definition's name is the definition. */
function markDefinitions(definitions: readonly Definition[], name: string): (one: Occurrence) => Occurrence {
  const byLine = new Map(
    definitions.filter(({ shortName }) => shortName === name).map((one) => [one.nameLine, one] as const),
  )
  return (one) => {
    const definition = one.kind === 'use' || one.kind === 'mention' ? byLine.get(one.line) : undefined
    if (definition === undefined) return one
    byLine.delete(one.line)
    return { ...one, kind: 'definition', inside: definition.name }
  }
}

function innermost(definitions: readonly Definition[], line: number): Definition | undefined {
  let found: Definition | undefined
  for (const one of definitions) {
    if (one.kind === 'block' || one.startLine > line || one.endLine < line) continue
    if (found === undefined || one.startLine >= found.startLine) found = one
  }
  return found
}

async function definitionsIn(path: string, text: string, budget?: ParseBudget): Promise<readonly Definition[]> {
  return (await readOutline(path, text, { budget }))?.definitions ?? []
}

function mentions(places: readonly Place[], definitions: readonly Definition[], name: string): Occurrence[] {
  return places
    .map((place): Occurrence => ({ ...place, kind: 'mention', inside: innermost(definitions, place.line)?.name }))
    .map(markDefinitions(definitions, name))
}
