import { FuseSearchError } from '../../core/index.ts'
import { findFolder, Problem, type Root } from '../door/index.ts'

/**
 * The real path of the requested folder. Relative paths start from the first root; links are followed before the check.
 * Throws a problem: 403 for a path outside the roots, whether or not it exists; 404 for a missing one inside.
 */
export async function resolveRepository(roots: readonly Root[], asked = '.'): Promise<string> {
  const found = await findFolder(roots, asked)
  switch (found.kind) {
    case 'folder':
      return found.path
    case 'file':
      throw new FuseSearchError('The repository is a file. Ask for a folder.', { code: 'repository-unreadable' })
    case 'missing':
      throw new Problem(404, {
        code: 'repository-missing',
        message: 'There is no such folder under the roots of this server.',
      })
    case 'outside':
      // The same message for all, so that it doesn't reveal whether a path outside exists.
      throw new Problem(403, {
        code: 'outside-roots',
        message: 'The repository is not under a root of this server. Ask for one that is.',
      })
  }
}
