import { FuseSearchError } from './errors.ts'

/** Characters that HFS+ ignores when it compares names (git's list). */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu
/** `.git`, its short name on NTFS, and both with what Windows drops from the end of a name. */
const GIT_NAME = /^(?:\.git|git~1)[. ]*(?::|$)/i

/**
 * True where a component of the path names git's own folder: `.git` in any case, and every other name that git treats as
 * `.git` because some file system does (NTFS and HFS+). `x.git`, `.github` and `.gitignore` are other names.
 * Both `/` and `\` separate, so that one rule holds on every system.
 */
export function hasGitComponent(path: string): boolean {
  return path.split(/[\\/]/).some((part) => GIT_NAME.test(part.replaceAll(IGNORED_BY_HFS, '')))
}

/**
 * Refuses such a path, as a repository or as a folder in one: git's own files hold credentials
 * and later commits, and no source.
 * @throws FuseSearchError `bad-argument`.
 */
export function refuseGitPath(path: string): void {
  if (!hasGitComponent(path)) return
  const shown = path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path
  const message = `${shown} belongs to git's own records, which are never searched. Give the folder that holds the source.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

const MAX_SHOWN = 300
