import { isAbsolute } from 'node:path'
import { FuseSearchError } from '../../core/index.ts'
import { findFolder, type Root } from '../door/index.ts'

/** Most roots that a refusal names. */
const MAX_NAMED_ROOTS = 10

/**
 * The real path of the folder to search: the requested folder, if it is in a root and no link leads to it from there;
 * without a request, the only root. Throws `bad-argument` for everything else.
 */
export async function placeWithin(roots: readonly Root[], asked: string | undefined): Promise<string> {
  const [first] = roots
  if (first !== undefined && asked === undefined && roots.length === 1) return first.real
  if (asked === undefined) throw refuse(`Several folders may be searched; name one as repository: ${named(roots)}.`)
  if (asked.includes('\0')) throw refuse('The repository is no path: it has a NUL character. Give a folder.')
  if (!isAbsolute(asked) && roots.length > 1) {
    throw refuse(`Several folders may be searched, so the repository must be an absolute path in ${named(roots)}.`)
  }
  const found = await findFolder(roots, asked)
  if ('isLinked' in found && found.isLinked) {
    throw refuse(`${asked} is reached through a link, which is never followed. Name a folder.`)
  }
  if (found.kind === 'folder') return found.path
  if (found.kind === 'outside') throw refuse(`${asked} is outside of what may be searched: ${named(roots)}.`)
  throw refuse(`${asked} isn't a readable folder. Name a folder in ${named(roots)}.`)
}

function named(roots: readonly Root[]): string {
  const shown = roots.slice(0, MAX_NAMED_ROOTS).map(({ given }) => given)
  const rest = roots.length - shown.length
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function refuse(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
