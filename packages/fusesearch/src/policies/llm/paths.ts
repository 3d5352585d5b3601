import { trimOf } from '../../core/index.ts'

/** Paths as models write them. */

/** A path of an answer, and whether the run showed it. */
export interface ResolvedPath {
  readonly path: string
  readonly isSeen: boolean
}

/**
 * The seen path that a model meant, even if it is written with `./`, backslashes, folders above the repository, the
 * `a/` or `b/` of a diff, or lines after a colon. A shorter path counts if exactly one seen path ends with it. A path
 * that was never shown is only tidied.
 */
export function resolvePath(
  written: string,
  seen: { has(path: string): boolean; keys(): Iterable<string> },
): ResolvedPath {
  if (seen.has(written)) return { path: written, isSeen: true }
  const path = tidyPath(written).replace(/(?<=.):\d+(?:[-:]\d+)?$/, '')
  if (seen.has(path)) return { path, isSeen: true }
  const parts = path.split('/')
  for (let from = 1; from < parts.length; from++) {
    const below = parts.slice(from).join('/')
    if (seen.has(below)) return { path: below, isSeen: true }
  }
  const longer = [...seen.keys()].filter((known) => known.endsWith(`/${path}`))
  const [only] = longer
  return only !== undefined && longer.length === 1 ? { path: only, isSeen: true } : { path, isSeen: false }
}

/** A path below the root: without quotes, backslashes, `./` or a leading slash. */
export function tidyPath(path: string): string {
  const tidied = trimOf(path.trim(), '`\'"')
    .replaceAll('\\', '/')
    .replaceAll(/\/{2,}/g, '/')
    .replace(/^(?:\.\/)+/, '')
    .replace(/^\/+/, '')
  return tidied === '' ? path : tidied
}
