import type { Definition } from '../../code/index.ts'
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
  readonly lines: Set<number>
}

/** Assigns each occurrence in a file to the innermost definition around its line; a class without own text is left out. */
export function measureBodies(file: KnownFile, definitions: readonly Definition[], hits: TermHits): readonly Body[] {
  const owner = new Int32Array(hits.tokensByLine.length).fill(-1)
  const hasFunctions = definitions.some(({ kind }) => kind === 'function')
  const bodies: Body[] = []
  for (const definition of definitions.length > 0 ? definitions : [wholeFile(owner.length)]) {
    // Definitions come in source order, so an inner one overwrites the lines of the one around it.
    owner.fill(bodies.length, definition.startLine - 1, definition.endLine)
    bodies.push(createBody(file, definition, hasFunctions))
  }
  for (let line = 0; line < owner.length; line += 1) {
    const body = bodies[owner[line] ?? -1]
    if (body === undefined) continue
    body.tokens += hits.tokensByLine[line] ?? 0
    body.lines.add(line + 1)
  }
  for (let position = 0; position < hits.terms.length; position += 1) {
    const body = bodies[owner[hits.lines[position] ?? 0] ?? -1]
    const term = hits.terms[position] ?? -1
    if (body !== undefined) body.counts.set(term, (body.counts.get(term) ?? 0) + 1)
  }
  for (const line of hits.quoted) {
    const body = bodies[owner[line] ?? -1]
    if (body !== undefined) body.quoted += 1
  }
  return bodies.filter(
    ({ definition, counts, quoted }) => definition.kind === 'function' || counts.size > 0 || quoted > 0,
  )
}

/** The body of a file without definitions, so that a ranking doesn't depend on a parser. */
function wholeFile(lines: number): Definition {
  return { kind: 'class', name: '', shortName: '', startLine: 1, nameLine: 1, endLine: lines, parent: -1, bases: [] }
}

function createBody(file: KnownFile, definition: Definition, hasFunctions: boolean): Body {
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
    lines: new Set(),
  }
}
