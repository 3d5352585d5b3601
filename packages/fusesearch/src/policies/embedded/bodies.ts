import { type Definition, ENORMOUS_LINES } from '../../code/index.ts'
import { splitIdentifier, stem } from './issue/index.ts'
import type { KnownFile } from './knowledge.ts'
import type { TermHits } from './text-index.ts'

/** The text of a function, or of a class outside its functions, as counts. It depends on the file alone, so it is measured once a run. */
export interface Body {
  readonly file: KnownFile
  readonly definition: Definition
  /** The file defines functions, and this isn't one. */
  readonly isBesideFunctions: boolean
  /** Name of the definition around it, without what is around that. */
  readonly className: string | undefined
  /** Stems of the parts of its own name and of the one around it. */
  readonly nameStems: readonly string[]
  readonly classStems: readonly string[]
  /** Occurrences by term index. */
  readonly counts: Map<number, number>
  tokens: number
  /** Lines that the issue quotes. */
  quoted: number
  /** Its own lines, from 1: those of no definition inside it. */
  readonly lines: { has(line: number): boolean }
  /** Of an enormous definition, the part that says most of what the issue says. */
  part: LineRange | undefined
}

/** Lines from 1, both ends included. */
export interface LineRange {
  readonly startLine: number
  readonly endLine: number
}

/** Lines of such a part. */
const PART_LINES = 80

/** Assigns each occurrence in a file to the innermost definition around its line; a class without own text is left out. */
export function measureBodies(file: KnownFile, definitions: readonly Definition[], hits: TermHits): readonly Body[] {
  const owner = new Int32Array(hits.tokensByLine.length).fill(-1)
  const hasFunctions = definitions.some(({ kind }) => kind === 'function')
  const bodies: Body[] = []
  const places = definitions.filter((definition) => !sharesItsLine(definition, definitions, file.read?.lines ?? []))
  for (const definition of places.length > 0 ? places : [wholeFile(owner.length)]) {
    // Definitions come in source order, so an inner one overwrites the lines of the one around it.
    owner.fill(bodies.length, definition.startLine - 1, definition.endLine)
    bodies.push(createBody(file, definition, { hasFunctions, owner, number: bodies.length }))
  }
  for (let line = 0; line < owner.length; line += 1) {
    const body = bodies[owner[line] ?? -1]
    if (body === undefined) continue
    body.tokens += hits.tokensByLine[line] ?? 0
  }
  const inEnormous = new Map<Body, Occurrence[]>()
  for (let position = 0; position < hits.terms.length; position += 1) {
    const line = hits.lines[position] ?? 0
    const body = bodies[owner[line] ?? -1]
    const term = hits.terms[position] ?? -1
    if (body === undefined) continue
    body.counts.set(term, (body.counts.get(term) ?? 0) + 1)
    if (!isEnormous(body)) continue
    const occurrences = inEnormous.get(body) ?? []
    occurrences.push({ term, line: line + 1 })
    inEnormous.set(body, occurrences)
  }
  for (const [body, occurrences] of inEnormous) body.part = densestPart(body, occurrences)
  for (const line of hits.quoted) {
    const body = bodies[owner[line] ?? -1]
    if (body !== undefined) body.quoted += 1
  }
  return bodies.filter(
    ({ definition, counts, quoted }) => definition.kind === 'function' || counts.size > 0 || quoted > 0,
  )
}

/** True for a function of one line that stands behind other code of the function around it: that line is the place of both. */
function sharesItsLine(
  { kind, parent, shortName, startLine, endLine }: Definition,
  definitions: readonly Definition[],
  lines: readonly string[],
): boolean {
  if (kind !== 'function' || startLine !== endLine || definitions[parent]?.kind !== 'function') return false
  const line = lines[startLine - 1] ?? ''
  return /[{(,;]/.test(line.slice(0, Math.max(0, line.indexOf(shortName))))
}

/** The body of a file without definitions, so that a ranking doesn't depend on a parser. */
function wholeFile(lines: number): Definition {
  return { kind: 'class', name: '', shortName: '', startLine: 1, nameLine: 1, endLine: lines, parent: -1, bases: [] }
}

interface Among {
  readonly hasFunctions: boolean
  /** By line from 0, the number of the body that it belongs to. */
  readonly owner: Int32Array
  readonly number: number
}

function createBody(file: KnownFile, definition: Definition, { hasFunctions, owner, number }: Among): Body {
  const parts = definition.name.split('.')
  const className = parts.length > 1 ? parts[parts.length - 2] : undefined
  return {
    file,
    definition,
    isBesideFunctions: hasFunctions && definition.kind !== 'function',
    className,
    nameStems: splitIdentifier(definition.shortName).map(stem),
    classStems: className === undefined ? [] : splitIdentifier(className).map(stem),
    counts: new Map(),
    tokens: 0,
    quoted: 0,
    lines: { has: (line) => owner[line - 1] === number },
    part: undefined,
  }
}

function isEnormous({ definition: { startLine, endLine } }: Body): boolean {
  return endLine - startLine >= ENORMOUS_LINES
}

/** One occurrence of a term, by its index, in a line from 1. */
interface Occurrence {
  readonly term: number
  readonly line: number
}

/**
 * The lines of a body that hold most of its terms, each weighted by how rare it is in the body. `occurrences` are in
 * order of lines.
 */
function densestPart({ definition, counts }: Body, occurrences: readonly Occurrence[]): LineRange {
  const inside = new Map<number, number>()
  let [score, best, first] = [0, -1, 0]
  let range = { startLine: definition.startLine, endLine: definition.startLine }
  for (const { term, line } of occurrences) {
    const seen = inside.get(term) ?? 0
    inside.set(term, seen + 1)
    if (seen === 0) score += rarityIn(counts, term)
    for (let out = occurrences[first]; out !== undefined && out.line <= line - PART_LINES; out = occurrences[first]) {
      const left = (inside.get(out.term) ?? 1) - 1
      inside.set(out.term, left)
      if (left === 0) score -= rarityIn(counts, out.term)
      first += 1
    }
    if (score <= best) continue
    best = score
    range = { startLine: occurrences[first]?.line ?? line, endLine: line }
  }
  return widened(range, definition)
}

function rarityIn(counts: ReadonlyMap<number, number>, term: number): number {
  return 1 / (counts.get(term) ?? 1)
}

/** The range with as many lines around it as a part may have, inside the definition. */
function widened({ startLine, endLine }: LineRange, definition: Definition): LineRange {
  const around = Math.floor((PART_LINES - (endLine - startLine + 1)) / 2)
  return {
    startLine: Math.max(definition.startLine, startLine - around),
    endLine: Math.min(definition.endLine, endLine + around),
  }
}
