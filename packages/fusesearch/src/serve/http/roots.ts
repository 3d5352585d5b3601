import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { FuseSearchError } from '../../core/index.ts'
import { Problem } from './problem.ts'

/** The folders that may be searched, by their real paths. */
export interface Roots {
  readonly folders: readonly string[]
  /**
   * The real path of an asked folder, relative names seen from the first root.
   * Throws a problem: 403 for what lies outside, there or not; 404 for what lies inside and isn't there.
   */
  resolve(asked: string | undefined): Promise<string>
}

/** Throws `bad-argument` for a root that isn't a folder. */
export async function openRoots(folders: readonly string[]): Promise<Roots> {
  const real = await Promise.all(folders.map(realFolder))
  const [first] = real
  if (first === undefined) throw new FuseSearchError('There is no root. Name a folder.', { code: 'bad-argument' })
  return {
    folders: real,
    async resolve(asked = '.') {
      if (asked.includes('\0')) throw outside()
      const wanted = resolve(first, asked)
      const found = await realpath(wanted).catch(() => undefined)
      if (!real.some((root) => isInside(root, found ?? wanted))) throw outside()
      if (found !== undefined) return found
      throw new Problem(404, {
        code: 'repository-missing',
        message: 'There is no such folder under the roots of this server.',
      })
    },
  }
}

async function realFolder(folder: string): Promise<string> {
  const real = await realpath(folder).catch(() => undefined)
  if (real !== undefined && (await stat(real)).isDirectory()) return real
  throw new FuseSearchError(`The root ${folder} is not a folder. Name one that exists.`, { code: 'bad-argument' })
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** One sentence for all: what is outside, and whether it is there, is nobody's business. */
function outside(): Problem {
  return new Problem(403, {
    code: 'outside-roots',
    message: 'The repository is not under a root of this server. Ask for one that is.',
  })
}
