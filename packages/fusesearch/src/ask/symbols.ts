import { type Definition, hasDefinitions, languageOf, ParseBudget, readOutline } from '../code/index.ts'
import { FuseSearchError } from '../core/index.ts'
import { type Place, sourcesOf } from '../locate/index.ts'
import { roleOf } from '../policies/index.ts'
import type { RemoteSource } from '../search/index.ts'
import {
  type AskedPlace,
  checkName,
  dotted,
  findNamedFiles,
  inPlace,
  lastPart,
  type NamedFile,
  readText,
} from './named-files.ts'

/** What a definition is; see {@link Definition}. */
export type SymbolKind = Definition['kind']

/** Which definitions to find, and where. */
export interface SymbolsOptions extends AskedPlace {
  /** A name, or the end of a qualified one: `total`, `Cart.total`, `Cart::total`. */
  readonly name: string
  /** All kinds when left out. */
  readonly kinds?: readonly SymbolKind[]
  readonly ignoreCase?: boolean
  /** Most definitions; 100 when left out. */
  readonly limit?: number
}

/** A definition of a name. Lines count from 1, both ends included, decorators too. */
export interface FoundSymbol {
  /** Relative to the repository, with `/`. */
  readonly path: string
  /** Qualified within the file. */
  readonly name: string
  readonly kind: SymbolKind
  readonly startLine: number
  /** The line that holds the name. */
  readonly nameLine: number
  readonly endLine: number
  /** That line, trimmed and cut at 200 characters. */
  readonly text: string
}

/** The definitions of a name. */
export interface SymbolsResult {
  readonly version: 1
  readonly name: string
  /** Types before functions before blocks, source before tests, then by path and line. */
  readonly symbols: readonly FoundSymbol[]
  /** Number of definitions beyond the limit. */
  readonly omitted: number
  /** If there are none: the most similar names that exist, each with its place. */
  readonly suggestions: readonly string[]
  /** For a search outside a folder: the repositories of the definitions, each with its commit. */
  readonly sources?: readonly RemoteSource[]
  readonly notices: readonly string[]
}

export const DEFAULT_SYMBOLS = 100
const MAX_TEXT = 200
/** Files that are read and parsed at a time. More than one, since reading waits for the disk. */
const AT_ONCE = 8
/** Parse budget for files in which no line looks like the name's definition. */
const UNLIKELY_BUDGET = { maxChars: 1_000_000, maxCpuMs: 250 }

/**
 * Finds the definitions of a name in the tree as it is: no index, so nothing can be stale. Parses the files with a line
 * that looks like the name's definition. Only if these define nothing does it parse the other files with the name, up
 * to a budget.
 * Throws `bad-argument` for a text that is no name, and what opening the place throws.
 */
export async function findSymbols(options: SymbolsOptions): Promise<SymbolsResult> {
  const name = checkName(options.name)
  const wanted: Wanted = { name: dotted(name), short: shortOf(name), options }
  return inPlace(options, async (place, signal) => {
    const asked = { name: wanted.short, ignoreCase: options.ignoreCase ?? false, signal }
    const { files, suggestions, notices } = await findNamedFiles(place, asked)
    const { symbols, unparsed } = await definitionsIn(files, { place, wanted, signal })
    const limit = options.limit ?? DEFAULT_SYMBOLS
    const sorted = symbols.toSorted(byRank)
    const shown = sorted.slice(0, limit)
    return {
      version: 1,
      name,
      symbols: shown,
      omitted: Math.max(0, sorted.length - limit),
      suggestions,
      ...sourcesOf(
        place.sources,
        shown.map(({ path }) => path),
      ),
      notices: unparsed.length === 0 ? notices : [...notices, unparsedNotice(unparsed)],
    }
  })
}

interface Wanted {
  /** The name with its parts joined by dots. */
  readonly name: string
  /** The text that the line of a definition must contain. */
  readonly short: string
  readonly options: SymbolsOptions
}

/** The last part of a name. A name with blanks is that of a heading or key, which its line contains unchanged. */
function shortOf(name: string): string {
  return /\s/.test(name) ? name : lastPart(name)
}

interface Looking {
  readonly place: Place
  readonly wanted: Wanted
  readonly signal: AbortSignal
}

async function definitionsIn(
  files: readonly NamedFile[],
  looking: Looking,
): Promise<{ symbols: FoundSymbol[]; unparsed: string[] }> {
  const known = files.filter(({ path, lines }) => hasDefinitions(path, lines[0]?.line === 1 ? lines[0].text : '#!'))
  const looksDefining = definingLines(looking.wanted.short, looking.wanted.options.ignoreCase === true)
  const isLikely = ({ path, lines }: NamedFile): boolean => lines.some(({ text }) => looksDefining(path).test(text))
  const likely = known.filter(isLikely)
  const symbols: FoundSymbol[] = []
  const unparsed: string[] = []
  const look = async (file: NamedFile, budget?: ParseBudget): Promise<void> => {
    looking.signal.throwIfAborted()
    const found = await symbolsOf(file.path, looking, budget)
    if ('notParsed' in found) unparsed.push(found.notParsed)
    else for (const symbol of found.symbols) symbols.push(symbol)
  }
  await inTurns(likely, (file) => look(file))
  if (symbols.length > 0) return { symbols, unparsed }
  const budget = new ParseBudget(UNLIKELY_BUDGET)
  await inTurns(
    known.filter((file) => !likely.includes(file)),
    (file) => look(file, budget),
  )
  return { symbols, unparsed }
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function symbolsOf(
  path: string,
  { place, wanted }: Looking,
  budget?: ParseBudget,
): Promise<{ symbols: FoundSymbol[] } | { notParsed: string }> {
  const text = await readText(place.workspace.tree, path)
  if (text === undefined) return { symbols: [] }
  const shown = place.toShownPath(path)
  try {
    const { definitions, notParsed } = (await readOutline(path, text, {
      budget,
      outlines: place.workspace.outlines,
    })) ?? { definitions: [] }
    if (notParsed !== undefined) return { notParsed: shown }
    const matches = definitions.filter((one) => isWanted(one, wanted))
    if (matches.length === 0) return { symbols: [] }
    const lines = text.split('\n')
    return {
      symbols: matches.map(({ kind, name, startLine, nameLine, endLine }) => {
        const line = (lines[nameLine - 1] ?? '').trim().slice(0, MAX_TEXT)
        return { path: shown, name, kind, startLine, nameLine, endLine, text: line }
      }),
    }
  } catch (error) {
    if (error instanceof FuseSearchError && error.code === 'grammar-failed') return { notParsed: shown }
    throw error
  }
}

function isWanted({ kind, name, shortName }: Definition, { name: asked, options }: Wanted): boolean {
  if (options.kinds !== undefined && !options.kinds.includes(kind)) return false
  const fold = (text: string): string => (options.ignoreCase === true ? text.toLowerCase() : text)
  const [own, wanted] = [fold(name), fold(asked)]
  return own === wanted || own.endsWith(`.${wanted}`) || fold(shortName) === wanted
}

/** Keywords before the name of a definition, from all parsed languages. */
const KEYWORDS =
  'abstract|actor|alias|class|const|constant|contract|data|def|define|defmacro|defmodule|defp|defn|enum|error|event|' +
  'export|extension|field|fn|fun|func|function|impl|index|inline|interface|let|library|local|macro|message|mixin|mod|' +
  'module|modifier|my|namespace|newtype|object|our|output|package|proc|procedure|protocol|record|resource|rpc|rule|' +
  'service|static|struct|sub|subroutine|table|target|task|template|test|trait|trigger|type|typealias|typedef|union|' +
  'using|val|var|variable|view|word'

/** Matches lines that may define a name, by the file's language. If in doubt, it matches. */
function definingLines(name: string, ignoreCase: boolean): (path: string) => RegExp {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const flags = ignoreCase ? 'iu' : 'u'
  const python = new RegExp(pythonForms(escaped).join('|'), flags)
  const others = new RegExp(generalForms(escaped).join('|'), flags)
  return (path) => (languageOf(path) === 'python' ? python : others)
}

/** Python: only `def`, `class` and assignments, also to a later name of a tuple, define names. */
function pythonForms(name: string): string[] {
  return [`\\b(?:def|class)\\s+${name}\\b`, `^[\\w\\s.,*()\\[\\]]*\\b${name}\\b[\\w\\s.,*\\])]*(?::[^=]*)?=(?!=)`]
}

/** Other languages: after a keyword, before `=` or `:`, at the start of a line, in a heading, or after types. */
function generalForms(name: string): string[] {
  const statement =
    'return|if|elif|else|while|for|await|yield|throw|raise|new|assert|not|in|case|import|from|delete|typeof'
  return [
    `\\b(?:${KEYWORDS})\\b[^=]*?${name}`,
    `(?:^|[\\s,("'\\[{.])${name}\\b["'\\]]?\\s*(?::|=(?!=)|,.*=(?!=))`,
    `^[^\\w]{0,40}${name}\\b\\s*(?:[{:=,;<]|\\([^;]*$|$)`,
    `^\\s*(?:#+|=+|\\*+)\\s.*${name}`,
    `^\\s*(?!(?:${statement})\\b)(?:[\\w<>,\\[\\]&*:?@~]+\\s+)+[*&~"'(]*(?:\\w+(?:::|\\.))*${name}\\s*[(<{]`,
  ]
}

const KIND_RANK: Readonly<Record<SymbolKind, number>> = { class: 0, function: 1, block: 2 }

function byRank(a: FoundSymbol, b: FoundSymbol): number {
  return (
    Number(a.kind === 'block') - Number(b.kind === 'block') ||
    Number(roleOf(a.path) !== 'source') - Number(roleOf(b.path) !== 'source') ||
    KIND_RANK[a.kind] - KIND_RANK[b.kind] ||
    (a.path === b.path ? a.startLine - b.startLine : a.path < b.path ? -1 : 1)
  )
}

function unparsedNotice(paths: readonly string[]): string {
  const shown = paths.toSorted().slice(0, 3).join(', ')
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : ''
  return `Not parsed: ${shown}${more}. They hold the name; a definition in them is not listed. Narrow the search with a folder to look into them.`
}
