import type { Definition } from '../definition.ts'

/** Most entries of an outline: a file with more is data, and a search needs no list of its rows. */
export const MAX_OUTLINE_ENTRIES = 5_000

/** Entries nested deeper are left out, since each name repeats all names around it. */
export const MAX_OUTLINE_DEPTH = 6

/** A longer name is cut: headings and CSS selectors can be whole paragraphs. */
export const MAX_OUTLINE_NAME_CHARS = 120

/** What an entry is; see `Definition.kind`. */
export type EntryKind = Definition['kind']

interface Entry {
  kind: EntryKind
  name: string
  readonly startRow: number
  nameRow: number
  endRow: number
  /** Index of the entry around this one, or -1. */
  readonly around: number
}

/**
 * Collects the entries of an outline in source order. Rows count from 0; both ends are included.
 * The result omits an entry without a name; its inner entries then belong to the entry around it.
 */
export class OutlineBuilder {
  readonly #entries: Entry[] = []
  /** Indices of the open entries, innermost last; -1 for an entry beyond the limit. */
  readonly #open: number[] = []

  /** How many entries are open. */
  get depth(): number {
    return this.#open.length
  }

  get innermostKind(): EntryKind | undefined {
    return this.#entries[this.#open.at(-1) ?? -1]?.kind
  }

  /** Opens an entry inside the innermost open one. */
  open(kind: EntryKind, name: string, row: number): void {
    const around = this.#open.at(-1) ?? -1
    if (this.#entries.length >= MAX_OUTLINE_ENTRIES) {
      this.#open.push(-1)
      return
    }
    this.#open.push(this.#entries.length)
    this.#entries.push({ kind, name, startRow: row, nameRow: row, endRow: row, around })
  }

  /** Names the innermost open entry if it has no name yet. */
  nameInnermost(name: string, row: number): void {
    const entry = this.#entries[this.#open.at(-1) ?? -1]
    if (entry === undefined || entry.name !== '') return
    entry.name = name
    entry.nameRow = row
  }

  /** Names the entry around the innermost open one if it has no name yet. */
  nameAround(name: string, row: number): void {
    const around = this.#entries[this.#open.at(-2) ?? -1]
    if (around === undefined || around.name !== '') return
    around.name = name
    around.nameRow = row
  }

  /** Closes the innermost open entry. */
  close(endRow: number): void {
    const entry = this.#entries[this.#open.pop() ?? -1]
    if (entry !== undefined) entry.endRow = Math.max(entry.nameRow, endRow)
  }

  /** Adds an entry that holds no others. */
  add(kind: EntryKind, name: string, [startRow, endRow]: readonly [number, number]): void {
    this.open(kind, name, startRow)
    this.close(endRow)
  }

  /** Closes all open entries and returns the definitions, with nested names joined by dots. */
  finish(lastRow: number): Definition[] {
    while (this.#open.length > 0) this.close(lastRow)
    const definitions: Definition[] = []
    /** For each entry: its depth, and the index of its definition, or of the one around it if it was left out. */
    const places: { index: number; depth: number }[] = []
    for (const entry of this.#entries) {
      const around = places[entry.around] ?? { index: -1, depth: 0 }
      const own = shortened(entry.name)
      if (own === '' || around.depth >= MAX_OUTLINE_DEPTH) {
        places.push(around)
        continue
      }
      places.push({ index: definitions.length, depth: around.depth + 1 })
      const outer = definitions[around.index]
      definitions.push({
        kind: entry.kind,
        name: outer === undefined ? own : `${outer.name}.${own}`,
        shortName: own,
        startLine: entry.startRow + 1,
        nameLine: entry.nameRow + 1,
        endLine: entry.endRow + 1,
        parent: around.index,
        bases: [],
      })
    }
    return definitions
  }
}

function shortened(name: string): string {
  const text = name.length > 4 * MAX_OUTLINE_NAME_CHARS ? name.slice(0, 4 * MAX_OUTLINE_NAME_CHARS) : name
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_OUTLINE_NAME_CHARS).trimEnd()
}

/**
 * Merges two lists of definitions of one file in source order. Each list keeps its names and nesting. If two
 * definitions start on the same line, the one of the first list comes first.
 */
export function mergeDefinitions(first: readonly Definition[], second: readonly Definition[]): Definition[] {
  if (second.length === 0) return [...first]
  const all = [
    ...first.map((definition, index) => ({ definition, index, from: 0 })),
    ...second.map((definition, index) => ({ definition, index, from: 1 })),
  ].toSorted((a, b) => a.definition.startLine - b.definition.startLine || a.from - b.from || a.index - b.index)
  const places = [new Map<number, number>(), new Map<number, number>()]
  for (const [place, { from, index }] of all.entries()) places[from]?.set(index, place)
  return all.map(({ definition, from }) => ({ ...definition, parent: places[from]?.get(definition.parent) ?? -1 }))
}
