import type { Definition } from '../../code/index.ts'
import type { KnownFile } from './knowledge.ts'

/** Words before a parenthesis that aren't calls of the repository's functions. */
const NOT_CALLS = new Set(
  `if for while switch catch return function def class elif and or not in is lambda with assert yield await print len str int float bool list dict set tuple
  range isinstance issubclass getattr setattr hasattr super type repr sorted zip map filter enumerate any all min max sum abs open iter next join format append extend
  get items keys values update pop add remove copy split strip replace startswith endswith lower upper sizeof typeof new delete throw require import
  console log String Object Array Number Error Exception ValueError TypeError KeyError AttributeError RuntimeError NotImplementedError`.split(
    /\s+/,
  ),
)

/** How strongly a name is connected to the best functions, and the file that mentions it. */
export interface Neighbour {
  readonly strength: number
  readonly from: KnownFile
}

/** Neighbours by name. */
export type Neighbours = ReadonlyMap<string, Neighbour>

/** How many of the best functions are looked into, and how many names a turn may ask for. */
const TOP_FUNCTIONS = 5
const MAX_NAMES = 16

/**
 * Names next to the best functions: what they call, and what overrides them elsewhere (their own names).
 * Strength falls with the rank of the function that mentions the name.
 */
export function findNeighbours(
  ranked: readonly { readonly definition: Definition; readonly file: KnownFile }[],
): Neighbours {
  const strengths = new Map<string, Neighbour>()
  for (const [rank, { definition, file }] of ranked.slice(0, TOP_FUNCTIONS).entries()) {
    const strength = 1 / (1 + 0.5 * rank)
    const body = (file.read?.lines ?? []).slice(definition.startLine - 1, definition.endLine)
    for (const name of calledNames(body))
      if (name !== definition.shortName) raise(strengths, name, { strength: strength * 0.7, from: file })
    raise(strengths, definition.shortName, { strength: strength * 0.5, from: file })
  }
  return strengths
}

/** The strongest names whose definitions weren't searched yet. */
export function namesToFind(strengths: Neighbours, isAsked: (name: string) => boolean): readonly string[] {
  return [...strengths]
    .filter(([name]) => name.length > 3 && !/^__\w+__$/.test(name) && !isAsked(name))
    .sort((a, b) => b[1].strength - a[1].strength || (a[0] < b[0] ? -1 : 1))
    .slice(0, MAX_NAMES)
    .map(([name]) => name)
}

/** A match starts only at the start of a word, so that a long word without a bracket behind it is read once. */
const CALL = /(?<![\w$])\d*([A-Za-z_$][\w$]*)\s*\(/g

function calledNames(lines: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const line of lines) {
    for (const match of line.matchAll(CALL)) {
      const name = match[1] ?? ''
      if (!NOT_CALLS.has(name)) names.add(name)
    }
  }
  return names
}

function raise(strengths: Map<string, Neighbour>, name: string, neighbour: Neighbour): void {
  const known = strengths.get(name)
  if (known === undefined || known.strength < neighbour.strength) strengths.set(name, neighbour)
}
