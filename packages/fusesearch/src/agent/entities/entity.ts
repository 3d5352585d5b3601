/** Lines of a block: 1–50, 51–100, … */
export const BLOCK_LINES = 50

/**
 * What a call can discover: a path, a block of 50 lines of which a match was seen, or such a block that was read.
 * Blocks count from 0; two entities are the same when their strings are.
 */
export type Entity = `path:${string}` | `seen:${number}:${string}` | `read:${number}:${string}`

/** The entity of a path. */
export function pathEntity(path: string): Entity {
  return `path:${path}`
}

/** The entity of a block as a match shows it. */
export function seenEntity(path: string, block: number): Entity {
  return `seen:${block}:${path}`
}

/** The entity of a block as a read shows it. */
export function readEntity(path: string, block: number): Entity {
  return `read:${block}:${path}`
}

/** The block of a line (from 1). */
export function blockOf(line: number): number {
  return Math.floor((line - 1) / BLOCK_LINES)
}

/** The file or the block of its lines (from 1, both ends included) that an entity represents. */
export interface EntityRange {
  readonly path: string
  readonly startLine?: number
  readonly endLine?: number
}

/** The range that an entity names; the last lines of a block may be beyond the end of the file. */
export function rangeOf(entity: Entity): EntityRange {
  const [kind = '', ...rest] = entity.split(':')
  if (kind === 'path') return { path: rest.join(':') }
  const [block, ...path] = rest
  const startLine = Number(block) * BLOCK_LINES + 1
  return { path: path.join(':'), startLine, endLine: startLine + BLOCK_LINES - 1 }
}
