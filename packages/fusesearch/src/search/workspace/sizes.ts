import { lstatSync } from 'node:fs'
import { Lru } from '../../core/index.ts'
import { createPathFilter } from '../path-filter.ts'
import { type SizeQuestion, type Tree } from '../tree.ts'
import { type Moment, nextMoment } from './moment.ts'

/** Files checked before other work of this process gets a turn. */
const FILES_AT_ONCE = 500
/** Most different questions cached per tree: a policy asks one or two, and each answer holds paths. */
const MAX_QUESTIONS = 2

/** Finds the files of a kept tree that are large now: a file can grow without changing its folder's stamp. */
export interface Sizes {
  /** Uses a check that began after `since`, shared by concurrent callers. Rejects on abort like `listFilesAbove`. */
  above(question: SizeQuestion, since: Moment, signal?: AbortSignal): Promise<readonly string[]>
}

/** Starts without any check. */
export function createSizes(tree: Tree, paths: readonly string[]): Sizes {
  const looks = new Lru<string, Looking>({ maxEntries: MAX_QUESTIONS })
  return {
    async above(question, since, signal) {
      const key = JSON.stringify(question)
      const old = looks.get(key)
      let look = old?.last
      if (look === undefined || look.begun <= since) {
        const asked = old?.asked ?? askedOf(tree, paths, question)
        look = { begun: nextMoment(), found: filesAbove(asked, question.maxFileBytes, signal) }
        looks.set(key, { asked, last: look })
      }
      try {
        return await look.found
      } catch (error) {
        // The caller that started the check was aborted, so the others need a new one.
        if (looks.get(key)?.last === look) looks.delete(key)
        if (signal?.aborted !== true) return this.above(question, since, signal)
        throw error
      }
    },
  }
}

interface Looking {
  readonly asked: readonly AskedFile[]
  readonly last: { readonly begun: Moment; readonly found: Promise<readonly string[]> }
}

interface AskedFile {
  readonly path: string
  readonly place: string | Buffer
}

function askedOf(tree: Tree, paths: readonly string[], { unwanted }: SizeQuestion): readonly AskedFile[] {
  const accepts = createPathFilter(unwanted)
  return paths.filter(accepts).map((path) => ({ path, place: tree.absolutePath(path) }))
}

async function filesAbove(asked: readonly AskedFile[], maxFileBytes: number, signal?: AbortSignal): Promise<string[]> {
  const large: string[] = []
  for (const [index, { path, place }] of asked.entries()) {
    signal?.throwIfAborted()
    if (bytesOf(place) > maxFileBytes) large.push(path)
    if (index % FILES_AT_ONCE === FILES_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve))
  }
  return large
}

function bytesOf(place: string | Buffer): number {
  try {
    return lstatSync(place, { throwIfNoEntry: false })?.size ?? 0
  } catch {
    // It became unreadable after the listing, so no search reads it either.
    return 0
  }
}
