import { FuseSearchError } from '../core/index.ts'
import type { GrepPattern } from './grep/pattern.ts'
import type { Piece } from './rg/pieces.ts'
import type { CallFailure } from './scope.ts'

/** Which lines or files a grep asks for. */
export interface RemoteQuestion {
  readonly search: GrepPattern
  /** Path patterns of the grep. They may be used to ask for less: they are applied to what comes back in any case. */
  readonly globs: readonly string[]
  readonly signal: AbortSignal
}

/** A file with its text. `key`: its path, one character a byte. */
export interface RemoteText {
  readonly key: string
  readonly text: Buffer
}

/**
 * What answers for a tree whose files lie elsewhere, such as in the index of a search engine. It gives texts and names;
 * what matches and what is shown is decided here, by the code that searches folders.
 * Each method rejects with the signal's reason on abort, and with FuseSearchError when nothing answers.
 */
export interface RemoteFiles {
  /** What answers, for a sentence: `zoekt`. */
  readonly name: string
  /** Passes on at least the lines that the pattern matches, each file once. Returns the call's failure if it can't. */
  lines(question: RemoteQuestion, take: (piece: Piece) => Promise<void>): Promise<CallFailure | undefined>
  /** Keys of exactly the files that hold a plain pattern, which is no whole word. */
  filesWith(question: RemoteQuestion): Promise<readonly string[] | CallFailure>
  /** The texts of all files that the globs may name, by key; the call's failure if there are too many. */
  texts(globs: readonly string[], signal: AbortSignal): Promise<readonly RemoteText[] | CallFailure>
  /** At least the files that the patterns name, in the order of a listing. */
  paths(patterns: readonly string[], ignoreCase: boolean, signal: AbortSignal): Promise<readonly string[]>
  /** The text of a file, decoded as ripgrep does. */
  read(path: string, maxBytes: number): Promise<RemoteFile>
  /** The number of all files. */
  count(): number
}

/** What reading a path gave. `missing`: there is no such file; `folder`: there are files below it. */
export type RemoteFile =
  | { readonly kind: 'text'; readonly text: Buffer }
  | { readonly kind: 'folder' | 'missing' | 'too-large' }
  | NotIndexed

/** A file that is there and whose text the index doesn't hold; `reason` is a clause such as `is too large`. */
export interface NotIndexed {
  readonly kind: 'not-indexed'
  readonly isBinary: boolean
  readonly reason: string
}

/** The failure of one call where nothing answered it in time; the search goes on. Undefined for other errors. */
export function remoteFailure(error: unknown): CallFailure | undefined {
  if (!(error instanceof FuseSearchError) || error.code !== 'backend-failed') return undefined
  return { ok: false, code: 'unavailable', message: error.message }
}
