import { createHash } from 'node:crypto'
import type { Counts } from './tally.ts'

/** The version of the form below. */
export const MANIFEST_VERSION = 1

/** A file that went in or came out. */
export interface ManifestFile {
  readonly name: string
  readonly sha256: string
  readonly bytes: number
}

/** What a run says of itself; nothing in it depends on when or where it ran but the options as they were given. */
export interface Manifest extends Partial<Counts> {
  readonly manifest: typeof MANIFEST_VERSION
  /** The version of the program. */
  readonly version: string
  readonly command: string
  readonly options: Readonly<Record<string, unknown>>
  readonly inputs: readonly ManifestFile[]
  readonly outputs: readonly ManifestFile[]
  /** Commits that were mined, by repository. */
  readonly histories?: readonly { readonly repo: string; readonly until: string; readonly commits: number }[]
}

/** A file's entry. */
export function manifestFile(name: string, content: string | Uint8Array): ManifestFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return { name, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
}
