import { realpath, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { type Outline, ParseBudget, type ReadOutlineOptions, readOutline } from '../code/index.ts'
import { FuseSearchError } from '../core/index.ts'
import { type RemoteFiles, readWhole, type Tree, type Workspace } from '../search/index.ts'

/** Larger files aren't read to check functions in them, because files that large aren't parsed. */
const MAX_CHECKED_BYTES = 10_000_000
/** Bytes of all files that one check reads. */
const MAX_CHECK_BYTES = 40_000_000
/** Parse budget of one check; most files were parsed by the policy, and their definitions are cached. */
const CHECK_BUDGET = { maxChars: 2_000_000, maxCpuMs: 1_000 }

/** The result of reading a file. `gone`: since it was opened. `unread`: why, as a clause for people. */
export type SourceText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unread'; readonly reason: string }

/** A file of the tree, read and parsed when needed, and only once. */
export interface Source {
  text(): Promise<SourceText>
  /** No definitions, and the reason, for a text that can't be read or parsed; none for an unknown type of file. */
  outline(): Promise<Outline>
}

/** The files that an answer names, each opened once. */
export interface Sources {
  /** Undefined if the path isn't a file inside the tree; links that lead out of it count as outside. */
  open(path: string): Promise<Source | undefined>
}

/** The tree, and the outlines of those of its files that the policy parsed. */
export type SearchedPlace = Pick<Workspace, 'tree'> & Partial<Pick<Workspace, 'outlines'>>

export function createSources({ tree, outlines }: SearchedPlace): Sources {
  const opened = new Map<string, Promise<Source | undefined>>()
  const parsing = { budget: new ParseBudget(CHECK_BUDGET), outlines }
  const shared: Shared = { tree, parsing, bytesLeft: MAX_CHECK_BYTES }
  return {
    open(path) {
      const known = opened.get(path) ?? openSource(shared, path)
      opened.set(path, known)
      return known
    },
  }
}

interface Shared {
  readonly tree: Tree
  readonly parsing: ReadOutlineOptions
  bytesLeft: number
}

async function openSource(shared: Shared, path: string): Promise<Source | undefined> {
  const isThere =
    shared.tree.remote === undefined ? isFileInside(shared.tree, path) : isFileOf(shared.tree.remote, path)
  if (!(await isThere)) return undefined
  const text = once(() => readSource(shared, path))
  return { text, outline: once(async () => outlineOf(path, await text(), shared.parsing)) }
}

/** The text comes with the answer and is kept for the check. */
async function isFileOf(remote: RemoteFiles, path: string): Promise<boolean> {
  const { kind } = await remote.read(path, MAX_CHECKED_BYTES)
  return kind !== 'missing' && kind !== 'folder'
}

/** Looks only at the names; `openFile` opens the contents safely. */
async function isFileInside(tree: Tree, path: string): Promise<boolean> {
  if (path === '' || path.includes('\0')) return false
  const real = await realpath(tree.absolutePath(path), 'buffer').catch(() => undefined)
  if (real === undefined || !real.toString('latin1').startsWith(Buffer.from(tree.root + sep).toString('latin1')))
    return false
  const facts = await stat(real).catch(() => undefined)
  return facts?.isFile() === true
}

async function readSource(shared: Shared, path: string): Promise<SourceText> {
  const maxBytes = Math.min(MAX_CHECKED_BYTES, shared.bytesLeft)
  const direct = await readWhole(shared.tree, path, maxBytes)
  // An answer may name a file by a link inside the tree; its target is opened like any other path.
  const read = direct.kind === 'link' ? await readWhole(shared.tree, direct.to, maxBytes) : direct
  if (read.kind === 'text') {
    shared.bytesLeft -= read.text.length
    return { kind: 'text', text: read.text.toString('utf8') }
  }
  if (read.kind === 'too-large') {
    const all = `, and the check of an answer reads at most ${MAX_CHECK_BYTES} bytes in total`
    return { kind: 'unread', reason: `it has more than ${maxBytes} bytes${maxBytes < MAX_CHECKED_BYTES ? all : ''}` }
  }
  const isUnreadable = read.kind === 'failed' && read.code !== 'ENOENT' && read.code !== 'ENOTDIR'
  return isUnreadable ? { kind: 'unread', reason: `it can't be read (${read.code})` } : { kind: 'gone' }
}

async function outlineOf(path: string, read: SourceText, parsing: ReadOutlineOptions): Promise<Outline> {
  if (read.kind !== 'text') return { definitions: [], notParsed: read.kind === 'gone' ? 'it disappeared' : read.reason }
  try {
    return (await readOutline(path, read.text, parsing)) ?? { definitions: [] }
  } catch (error) {
    // A file that breaks a grammar must not spoil the whole answer: its functions are left out, with a notice.
    if (error instanceof FuseSearchError && error.code === 'grammar-failed') {
      return { definitions: [], notParsed: error.message }
    }
    throw error
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
