import { FuseSearchError } from '../core/index.ts'
import { openPlace, type Place, type PlaceOptions } from '../locate/index.ts'
import {
  type GrepLine,
  type Observation,
  PAPER_TOOLS,
  PROGRAM_LIMITS,
  readWhole,
  type ToolLimits,
  type Tree,
} from '../search/index.ts'

/** Where to look up names and questions: a folder as it is, a folder inside it, or a commit. */
export type AskedPlace = Omit<PlaceOptions, 'history' | 'tools'>

/** A file with lines that contain a name. */
export interface NamedFile {
  readonly path: string
  readonly lines: readonly GrepLine[]
}

/** All files that contain a name, by path. */
export interface NamedFiles {
  readonly files: readonly NamedFile[]
  /** If there are none: the most similar names that exist, each with its place. */
  readonly suggestions: readonly string[]
  readonly notices: readonly string[]
}

const MAX_NAME_CHARS = 300
/** A name such as `self` is in more lines than any answer needs. A notice says when lines are left out. */
const LIMITS: ToolLimits = {
  ...PROGRAM_LIMITS,
  maxBytesPerCall: 16_000_000,
  maxBytesPerRun: 16_000_000,
  maxLineLength: 500,
  suggestions: 5,
}

/** The last part of a qualified name: `Cart.total`, `Cart::total`, `Cart#total` and `cart->total` give `total`. */
export function lastPart(name: string): string {
  return name.slice(Math.max(...SEPARATORS.map((one) => lastIndexAfter(name, one))))
}

/** A qualified name with its parts joined by dots, as definitions are named. */
export function dotted(name: string): string {
  return name.replaceAll(/::|#|->|\\/g, '.').replace(/^\.+|\(\)$/g, '')
}

/** Throws `bad-argument` for a text that can't be a name. */
export function checkName(name: string): string {
  const trimmed = name.trim().replace(/\(\)$/, '')
  if (trimmed === '' || trimmed.length > MAX_NAME_CHARS || /[\n\r\0]/.test(trimmed) || lastPart(trimmed) === '') {
    const shown = trimmed === '' ? 'The name is empty' : `${JSON.stringify(trimmed.slice(0, 40))} is no name`
    throw new FuseSearchError(`${shown}. Give a name of up to ${MAX_NAME_CHARS} characters, such as Cart.total.`, {
      code: 'bad-argument',
    })
  }
  return trimmed
}

/** Finds all files with a name as a whole word. Throws what opening the place throws, or the signal's reason. */
export async function findNamedFiles(
  place: Place,
  { name, ignoreCase, signal }: { readonly name: string; readonly ignoreCase: boolean; readonly signal: AbortSignal },
): Promise<NamedFiles> {
  const isWord = /^[\p{L}\p{N}_]+$/u.test(name)
  const { observations } = await place.workspace.runTurn(
    [
      {
        tool: 'grep',
        arguments: { pattern: name, literal: true, ...(isWord && { word: true }), ...(ignoreCase && { ignoreCase }) },
      },
    ],
    { limits: LIMITS, bytesLeft: LIMITS.maxBytesPerRun, signal },
  )
  signal.throwIfAborted()
  const [found] = observations
  return namedFilesOf(found, [...place.notices, ...place.workspace.notices()])
}

/** The text of a file of the tree; undefined if it is no longer readable or is too large. */
export async function readText(tree: Tree, path: string): Promise<string | undefined> {
  const read = await readWhole(tree, path, PROGRAM_LIMITS.maxFileBytes)
  return read.kind === 'text' ? read.text.toString('utf8') : undefined
}

/** Opens a place, runs `look`, and closes the place in any case. Reads no commits, since look-ups don't search them. */
export async function inPlace<T>(
  options: AskedPlace,
  look: (place: Place, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = options.signal ?? new AbortController().signal
  signal.throwIfAborted()
  // The look-ups read no earlier commits.
  const place = await openPlace({ ...options, tools: PAPER_TOOLS })
  try {
    return await look(place, signal)
  } finally {
    await place.workspace.close()
  }
}

const SEPARATORS = ['.', '::', '#', '->', '\\', ' ']

function lastIndexAfter(text: string, separator: string): number {
  const at = separator === ' ' ? -1 : text.lastIndexOf(separator)
  return at === -1 ? 0 : at + separator.length
}

function namedFilesOf(found: Observation | undefined, notices: readonly string[]): NamedFiles {
  if (found === undefined || !found.ok) {
    const message = found === undefined ? 'nothing came back' : found.message
    return { files: [], suggestions: [], notices: [...notices, `The search for the name failed: ${message}`] }
  }
  if (found.tool !== 'grep' || found.mode !== 'content') throw new Error('a search for a name gave something else')
  const cut = found.notices.map(({ message }) => message)
  return { files: found.files, suggestions: found.suggestions ?? [], notices: [...notices, ...cut] }
}
