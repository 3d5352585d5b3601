import { FuseSearchError } from '../../core/index.ts'
import { findFolder, Problem, type Root } from '../door/index.ts'

/**
 * The real path of an asked folder, relative names seen from the first root. Links are followed before it is judged.
 * Throws a problem: 403 for what lies outside, there or not; 404 for what lies inside and isn't there.
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
      // One sentence for all: what is outside, and whether it is there, is nobody's business.
      throw new Problem(403, {
        code: 'outside-roots',
        message: 'The repository is not under a root of this server. Ask for one that is.',
      })
  }
}
