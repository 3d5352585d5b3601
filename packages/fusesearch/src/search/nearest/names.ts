import { forEachLine } from '../grep/line-store.ts'
import { WalkWatch } from '../grep/walked.ts'
import { shownPath } from '../names.ts'
import { readWhole } from '../open-file.ts'
import { type RemoteFiles, remoteFailure } from '../remote.ts'
import { namesArgv } from '../rg/argv.ts'
import { PieceReader } from '../rg/pieces.ts'
import { runRg } from '../rg/run.ts'
import type { Scope } from '../scope.ts'
import type { GrepArguments, ToolLimits } from '../tool.ts'
import type { Tree } from '../tree.ts'
import { closenessOf, subWords, type WantedName, wantedName } from './closeness.ts'
import { Top } from './top.ts'
import { namesOfPattern } from './wanted.ts'

/** Where names are looked for, and for how long. */
export interface NameContext {
  readonly tree: Tree
  readonly limits: ToolLimits
  readonly scope: Scope
}

/** A walk that takes longer suggests nothing: the caller waits only to learn that nothing matched. */
const MAX_WALK_MS = 2_000
/** Bytes of names that one grep looks at, in the order of the paths; the rest is ignored. */
const MAX_BYTES = 2_000_000
/** Different names that are compared for one grep. */
const MAX_COMPARED = 20_000
/** A part shorter than this stands in nearly every name, a longer one is cut. */
const MIN_PART = 4
const MIN_HALF = 3
const MAX_PART = 24
const MAX_PARTS = 4
const MAX_NAME = 80
const MIN_CLOSENESS = 0.3

/**
 * Identifiers of the tree that come nearest to those of greps without a match, best first, each as `name (path:line)`
 * of its first place. One walk for all of them, and each gets what it would get alone. Nothing for a pattern without
 * an identifier, and where the walk fails or takes too long.
 */
export async function nearestNames(
  context: NameContext,
  misses: readonly GrepArguments[],
): Promise<readonly (readonly string[])[]> {
  const { limits, scope, tree } = context
  const tallies = misses.map((grep) => new NameTally(namesOfPattern(grep)))
  const parts = [...new Set(tallies.flatMap((tally) => tally.parts))]
  const most = limits.suggestions ?? 0
  if (parts.length === 0 || most <= 0) return misses.map(() => [])
  if (tree.remote !== undefined) {
    await addRemoteNames(context, tree.remote, { parts, tallies })
    return tallies.map((tally) => tally.nearest(most).map(shownName))
  }
  const reader = new PieceReader((piece) => {
    for (const block of piece.blocks) {
      forEachLine(piece, block, ({ line, start, end }) => {
        const name = piece.text.slice(start, end)
        for (const tally of tallies) tally.add(name, block.path, line)
        return undefined
      })
    }
  })
  // Files are stamped by the wall clock.
  const startMs = Date.now()
  const end = await runRg({
    rg: tree.rg,
    argv: namesArgv(tree.walkRules, parts, limits.maxFileBytes),
    cwd: tree.root,
    launcher: tree.launcher,
    signal: AbortSignal.any([scope.signal, AbortSignal.timeout(MAX_WALK_MS)]),
    onOutput: (chunk) => {
      reader.push(chunk)
      return tallies.some((tally) => !tally.isFull)
    },
  })
  // What an interrupted walk has seen depends on the machine's speed.
  if (end.reason === 'aborted') return misses.map(() => [])
  if (end.reason === 'done') reader.end()
  const watch = new WalkWatch(tree.root, startMs, tree.walkRules.tracked)
  const nearest = tallies.map((tally) => tally.nearest(most))
  const isSure = nearest.flat().every(({ key }) => watch.isSure(key))
  return Promise.all(
    nearest.map(async (names) => {
      const standing = isSure ? names : await standingNames(context, names)
      return standing.map(shownName)
    }),
  )
}

function shownName({ name, key, line }: PlacedName): string {
  return `${name} (${shownPath(key)}:${line})`
}

interface Tallying {
  readonly parts: readonly string[]
  readonly tallies: readonly NameTally[]
}

/** Adds the names of files that lie elsewhere, in the order of the paths; none where that takes too long. */
async function addRemoteNames(
  { scope }: NameContext,
  remote: RemoteFiles,
  { parts, tallies }: Tallying,
): Promise<void> {
  const signal = AbortSignal.any([scope.signal, AbortSignal.timeout(MAX_WALK_MS)])
  const search = { pattern: `(?:${parts.join('|')})`, ignoreCase: true, word: false, literal: false }
  const wanted = new RegExp(`[0-9A-Za-z_$]*(?:${parts.join('|')})[0-9A-Za-z_$]*`, 'gi')
  const found: { readonly key: string; readonly names: readonly PlacedName[] }[] = []
  try {
    await remote.lines({ search, globs: [], signal }, async (piece) => {
      for (const block of piece.blocks) {
        const names: PlacedName[] = []
        forEachLine(piece, block, ({ line, start, end }) => {
          const text = piece.text.slice(start, end)
          for (const name of text.match(wanted) ?? []) names.push({ name, key: block.path, line })
          return undefined
        })
        found.push({ key: block.path, names })
      }
    })
  } catch (error) {
    // Suggestions are no part of the result.
    if (signal.aborted || remoteFailure(error) !== undefined) return
    throw error
  }
  found.sort((a, b) => (a.key < b.key ? -1 : 1))
  for (const { name, key, line } of found.flatMap(({ names }) => names)) {
    for (const tally of tallies) tally.add(name, key, line)
  }
}

/** A name and its first place. */
interface PlacedName {
  readonly name: string
  readonly key: string
  readonly line: number
}

/** Where something moved during the walk: the names that still stand in their lines, in files of the tree. */
async function standingNames({ tree, limits }: NameContext, names: readonly PlacedName[]): Promise<PlacedName[]> {
  const standing: PlacedName[] = []
  for (const placed of names) {
    const read = await readWhole(tree, shownPath(placed.key), limits.maxFileBytes)
    const lines = read.kind === 'text' ? read.text.toString('latin1').split('\n') : []
    if (lines[placed.line - 1]?.includes(placed.name) === true) standing.push(placed)
  }
  return standing
}

interface SeenName {
  readonly key: string
  readonly line: number
  readonly closeness: number
  count: number
}

/** Gathers what a walk in the order of the paths shows for one grep. */
class NameTally {
  readonly parts: readonly string[]
  isFull = false
  readonly #wanted: readonly WantedName[]
  readonly #seen = new Map<string, SeenName>()
  #bytes = 0

  constructor(names: readonly string[]) {
    this.#wanted = names.map(wantedName)
    this.parts = [...new Set(names.flatMap(partsOf))]
    this.isFull = this.parts.length === 0
  }

  /** `key`: the file's path, one character a byte. */
  add(name: string, key: string, line: number): void {
    if (this.isFull) return
    const known = this.#seen.get(name)
    if (known === undefined) {
      const lower = name.toLowerCase()
      if (!this.parts.some((part) => lower.includes(part))) return
      const closeness = name.length > MAX_NAME ? 0 : this.#closenessOf(name)
      this.#seen.set(name, { key, line, closeness, count: 1 })
    } else known.count += 1
    this.#bytes += name.length
    this.isFull = this.#bytes > MAX_BYTES || this.#seen.size > MAX_COMPARED
  }

  nearest(most: number): readonly PlacedName[] {
    const top = new Top<{ text: string; score: number; seen: SeenName }>(most)
    for (const [text, seen] of this.#seen) {
      // Among names that are as near, the one that stands in more places.
      const score = seen.closeness + Math.min(seen.count, 1_000) / 1e6
      if (seen.closeness >= MIN_CLOSENESS) top.add({ text, score, seen })
    }
    return top.items.map(({ text, seen }) => ({ name: text, key: seen.key, line: seen.line }))
  }

  #closenessOf(name: string): number {
    return Math.max(0, ...this.#wanted.map((wanted) => closenessOf(wanted, name)))
  }
}

/** Pieces of a name of which a near one has at least one: its words, or the halves of a single word. */
function partsOf(name: string): readonly string[] {
  const words = subWords(name).filter((word) => word.length >= MIN_PART)
  const longest = words.toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1)).slice(0, MAX_PARTS)
  if (longest.length > 1) return longest.map(cutPart)
  // Of one word a slip spoils one half.
  const [only = ''] = longest
  const middle = Math.floor(only.length / 2)
  if (middle >= MIN_HALF) return [only.slice(0, middle), only.slice(middle)].map(cutPart)
  return only === '' ? [] : [only]
}

function cutPart(part: string): string {
  return part.slice(0, MAX_PART)
}
