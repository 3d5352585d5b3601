import { findOccurrences, type Occurrence, type OccurrenceKind, ParseBudget } from '../code/index.ts'
import { FuseSearchError } from '../core/index.ts'
import { type Place, sourcesOf } from '../locate/index.ts'
import { roleOf } from '../policies/index.ts'
import type { RemoteSource } from '../search/index.ts'
import {
  type AskedPlace,
  checkName,
  findNamedFiles,
  inPlace,
  lastPart,
  type NamedFile,
  readText,
} from './named-files.ts'

/** The default kinds. */
export const USE_KINDS: readonly OccurrenceKind[] = ['use', 'import', 'mention']
/** All kinds, in display order. */
export const OCCURRENCE_KINDS: readonly OccurrenceKind[] = [
  'use',
  'import',
  'mention',
  'definition',
  'comment',
  'string',
]

/** Which uses to find, and where. */
export interface UsagesOptions extends AskedPlace {
  /** A name. Only the last part of a qualified name is searched, since types are unknown. */
  readonly name: string
  /** {@link USE_KINDS} when left out. */
  readonly kinds?: readonly OccurrenceKind[]
  /** Most usages; 200 when left out. */
  readonly limit?: number
}

/** A place that uses the name. Lines and columns (UTF-16) count from 1. */
export interface FoundUsage {
  /** Relative to the repository, with `/`. */
  readonly path: string
  readonly line: number
  readonly column: number
  readonly kind: OccurrenceKind
  /** The qualified name of the innermost function or named type around it; left out if there is none. */
  readonly inside?: string
  /** The line, trimmed and cut at 200 characters. */
  readonly text: string
}

/** The uses of a name. */
export interface UsagesResult {
  readonly version: 1
  readonly name: string
  /** Source before tests and documents, then by path and line. */
  readonly usages: readonly FoundUsage[]
  /** All occurrences in the files that were read, by kind, including kinds that were not asked for. */
  readonly counts: Readonly<Record<OccurrenceKind, number>>
  /** Number of usages of the requested kinds beyond the limit, in the files that were read. */
  readonly omitted: number
  /** If the name occurs nowhere: the most similar names that exist, each with its place. */
  readonly suggestions: readonly string[]
  /** For a search outside a folder: the repositories of the usages, each with its commit. */
  readonly sources?: readonly RemoteSource[]
  readonly notices: readonly string[]
}

export const DEFAULT_USAGES = 200
const MAX_TEXT = 200
/** Parse budget of one look-up; at 3 to 4 MB per second it takes some seconds. */
const BUDGET = { maxChars: 20_000_000, maxCpuMs: 10_000 }

/**
 * Finds the uses of a name in the tree as it is. The grammar of each file tells them apart from definitions, comments
 * and strings. Names are not resolved, so different things with the same name are mixed.
 * Throws `bad-argument` for a text that is no name, and what opening the place throws.
 */
export async function findUsages(options: UsagesOptions): Promise<UsagesResult> {
  const name = checkName(options.name)
  const short = lastPart(name)
  return inPlace(options, async (place, signal) => {
    const { files, suggestions, notices } = await findNamedFiles(place, { name: short, ignoreCase: false, signal })
    const looked = await lookThrough(files.toSorted(bySource), { place, short, signal })
    const kinds = options.kinds ?? USE_KINDS
    const wanted = looked.usages.filter(({ kind }) => kinds.includes(kind))
    const limit = options.limit ?? DEFAULT_USAGES
    const shown = wanted.slice(0, limit)
    const counts = Object.fromEntries(
      OCCURRENCE_KINDS.map((kind) => [kind, looked.usages.filter((one) => one.kind === kind).length]),
    ) as Record<OccurrenceKind, number>
    return {
      version: 1,
      name,
      usages: shown,
      counts,
      omitted: Math.max(0, wanted.length - limit),
      suggestions,
      ...sourcesOf(
        place.sources,
        shown.map(({ path }) => path),
      ),
      notices: [...notices, ...qualifiedNotice(name, short), ...unparsedNotice(looked.unparsed)],
    }
  })
}

interface Looked {
  readonly usages: readonly FoundUsage[]
  readonly unparsed: readonly string[]
}

/** Processes one file after another: parsing occupies the only thread, and a fixed order makes limits repeatable. */
async function lookThrough(
  files: readonly NamedFile[],
  { place, short, signal }: { readonly place: Place; readonly short: string; readonly signal: AbortSignal },
): Promise<Looked> {
  const budget = new ParseBudget(BUDGET)
  const usages: FoundUsage[] = []
  const unparsed: string[] = []
  for (const { path } of files) {
    signal.throwIfAborted()
    const text = await readText(place.workspace.tree, path)
    if (text === undefined) continue
    const shown = place.toShownPath(path)
    const found = await occurrencesIn({ path, text, name: short }, budget)
    if (found === undefined) unparsed.push(shown)
    const lines = text.split('\n')
    for (const one of found ?? []) usages.push(usageOf(one, shown, lines))
  }
  return { usages, unparsed }
}

/** Undefined for a file that was not parsed although its language has a grammar. */
async function occurrencesIn(
  asked: { readonly path: string; readonly text: string; readonly name: string },
  budget: ParseBudget,
): Promise<readonly Occurrence[] | undefined> {
  try {
    const { occurrences, notParsed } = await findOccurrences(asked, budget)
    return notParsed === undefined ? occurrences : undefined
  } catch (error) {
    if (error instanceof FuseSearchError && error.code === 'grammar-failed') return undefined
    throw error
  }
}

function usageOf({ line, column, kind, inside }: Occurrence, path: string, lines: readonly string[]): FoundUsage {
  const text = (lines[line - 1] ?? '').trim().slice(0, MAX_TEXT)
  return { path, line, column, kind, ...(inside === undefined ? {} : { inside }), text }
}

function bySource(a: NamedFile, b: NamedFile): number {
  const [first, second] = [a, b].map(({ path }) => Number(roleOf(path) !== 'source'))
  return (first ?? 0) - (second ?? 0) || (a.path < b.path ? -1 : 1)
}

function qualifiedNotice(name: string, short: string): string[] {
  if (name === short) return []
  return [`Usages are those of every ${short}: names are not resolved, so what is in front of it doesn't count.`]
}

function unparsedNotice(paths: readonly string[]): string[] {
  if (paths.length === 0) return []
  const more = paths.length > 3 ? ` and ${paths.length - 3} more` : ''
  const what = `${paths.slice(0, 3).join(', ')}${more}`
  return [`Not parsed, so their usages are not listed: ${what}. Narrow the search with a folder to look into them.`]
}
