import type { Definition } from './definition.ts'

/** What a mark means for the outline. */
export type Role =
  /** A definition. */
  | 'function'
  | 'class'
  /** A definition that qualifies nothing inside it. */
  | 'block'
  /** Qualifies the names inside it but is no definition itself, like a `const` that holds an object. */
  | 'scope'
  /** A decorator, attribute or template head: the start of the definition that follows it or ends with it. */
  | 'leading'

/** A range of the text that matters for the outline. Offsets are UTF-16 code units, rows count from 0. */
export interface Mark {
  readonly role: Role
  readonly start: number
  readonly end: number
  readonly startRow: number
  readonly endRow: number
  /** The row of the name, or of the start if there is no name. */
  readonly nameRow: number
  /** The unqualified name; empty for a leading mark. */
  readonly name: string
  readonly bases: readonly string[]
}

/**
 * One piece of the text that may separate a decorator from its definition. Matched piece by piece, because a single
 * expression for the whole gap backtracks exponentially over comments.
 */
const GAP_PIECE = /\s+|\/\/.*|\/\*[^]*?\*\/|(?:export|default|abstract|declare)\b/y

/** What may follow the definition inside a head that wraps it. */
const TAIL = /^[\s;]*$/

interface Open {
  readonly end: number
  readonly name: string
  /** Index of the definition, or, for a scope, of the definition around it. */
  readonly index: number
}

/**
 * Nests marks into definitions in source order. The marks may come in any order, and duplicates count once.
 */
export function outlineOf(marks: readonly Mark[], text: string): Definition[] {
  const definitions: Definition[] = []
  const open: Open[] = []
  let leading: Mark | undefined
  let previous: Mark | undefined
  for (const mark of sorted(marks)) {
    if (previous !== undefined && isSame(mark, previous)) continue
    previous = mark
    while ((open.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= mark.start) open.pop()
    if (mark.role === 'leading') {
      leading =
        leading !== undefined && leadsTo(leading, mark, text)
          ? { ...mark, start: leading.start, startRow: leading.startRow }
          : mark
    } else {
      const first = leading !== undefined && leadsTo(leading, mark, text) ? leading : mark
      if (first === leading) leading = undefined
      const entered = enter(mark, first.startRow, { definitions, around: open.at(-1) })
      if (mark.role !== 'block') open.push(entered)
    }
  }
  return definitions
}

/** Adds the mark's definition, unless it is a scope, and returns the newly opened entry. */
function enter(mark: Mark, firstRow: number, context: { definitions: Definition[]; around: Open | undefined }): Open {
  const { definitions, around } = context
  const name = around === undefined ? mark.name : `${around.name}.${mark.name}`
  const parent = around?.index ?? -1
  if (mark.role === 'scope' || mark.role === 'leading') return { end: mark.end, name, index: parent }
  definitions.push({
    kind: mark.role,
    name,
    shortName: lastPart(mark.name),
    startLine: firstRow + 1,
    nameLine: mark.nameRow + 1,
    endLine: mark.endRow + 1,
    parent,
    bases: mark.bases,
  })
  return { end: mark.end, name, index: definitions.length - 1 }
}

/** Source order: by start, then the outer mark first, then leading marks before what they lead. */
function sorted(marks: readonly Mark[]): Mark[] {
  return marks.toSorted(
    (a, b) => a.start - b.start || b.end - a.end || Number(b.role === 'leading') - Number(a.role === 'leading'),
  )
}

function isSame(a: Mark, b: Mark): boolean {
  return a.start === b.start && a.end === b.end && a.role === b.role
}

/** True if a leading mark wraps the other mark to its end, or precedes it with only comments and the like between. */
function leadsTo(leading: Mark, mark: Mark, text: string): boolean {
  if (leading.end > mark.start) return leading.end >= mark.end && TAIL.test(text.slice(mark.end, leading.end))
  return isGap(text.slice(leading.end, mark.start))
}

function isGap(text: string): boolean {
  GAP_PIECE.lastIndex = 0
  while (GAP_PIECE.test(text)) if (GAP_PIECE.lastIndex === text.length) return true
  return text.length === 0
}

/** The last part of a dotted name; a name like `[Symbol.iterator]` or `operator...` is one part. */
function lastPart(name: string): string {
  if (name.endsWith(']')) return name
  const dot = name.lastIndexOf('.')
  return dot === -1 || dot === name.length - 1 ? name : name.slice(dot + 1)
}
