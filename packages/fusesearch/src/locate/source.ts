import { readFile, realpath, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { type Definition, languageOf, parseDefinitions } from '../code/index.ts'
import { FuseSearchError } from '../core/index.ts'
import type { Tree } from '../search/index.ts'

/** Files above this are not read to check functions in them: none that large is parsed. */
const MAX_CHECKED_BYTES = 10_000_000

/** A file of the tree, read and parsed only when asked. */
export interface Source {
  lines(): Promise<readonly string[]>
  /** Empty for a language without a grammar and for a file that the parser refuses. */
  definitions(): Promise<readonly Definition[]>
}

/** The files that an answer names, each opened once. */
export interface Sources {
  /** Undefined when the path isn't a file inside the tree; links that lead out of it count as outside. */
  open(path: string): Promise<Source | undefined>
}

export function createSources(tree: Tree): Sources {
  const opened = new Map<string, Promise<Source | undefined>>()
  return {
    open(path) {
      const known = opened.get(path) ?? openSource(tree, path)
      opened.set(path, known)
      return known
    },
  }
}

async function openSource(tree: Tree, path: string): Promise<Source | undefined> {
  const place = await placeInside(tree, path)
  if (place === undefined) return undefined
  const text = once(() => (place.bytes > MAX_CHECKED_BYTES ? Promise.resolve('') : readFile(place.path, 'utf8')))
  return {
    lines: once(async () => splitLines(await text())),
    definitions: once(async () => definitionsOf(path, await text())),
  }
}

async function placeInside(tree: Tree, path: string): Promise<{ path: Buffer; bytes: number } | undefined> {
  if (path === '' || path.includes('\0')) return undefined
  const absolute = tree.absolutePath(path)
  const real = await realpath(absolute, 'buffer').catch(() => undefined)
  if (real === undefined || !real.toString('latin1').startsWith(Buffer.from(tree.root + sep).toString('latin1')))
    return undefined
  const facts = await stat(real).catch(() => undefined)
  return facts?.isFile() ? { path: real, bytes: facts.size } : undefined
}

async function definitionsOf(path: string, text: string): Promise<readonly Definition[]> {
  const language = languageOf(path)
  if (language === undefined) return []
  try {
    return await parseDefinitions(text, language)
  } catch (error) {
    // One file that a grammar can't take must not cost the whole answer: its functions are left out, and that is said.
    if (error instanceof FuseSearchError && error.code === 'grammar-failed') return []
    throw error
  }
}

function splitLines(text: string): readonly string[] {
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
