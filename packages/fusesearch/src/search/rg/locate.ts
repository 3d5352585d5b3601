import { access, constants, stat } from 'node:fs/promises'
import { FuseSearchError } from '../../core/index.ts'
import { findProgram } from '../../programs/index.ts'

/** Where to look for ripgrep. */
export interface RgSources {
  /** Resolves to the path of the packaged binary; rejects if the package or its platform part is missing. */
  readonly packaged: () => Promise<string>
  /** The PATH to fall back on. */
  readonly searchPath: string
  /** The searched folders. An `rg` on PATH that lies in one of them, or in the work tree around it, is skipped. */
  readonly trees: readonly string[]
}

/**
 * Finds ripgrep, as an absolute path: the binary of the npm package, else `rg` on PATH. The packaged binary is trusted
 * like our own code, so it may lie in the searched tree.
 * Throws FuseSearchError `rg-missing` if there is neither.
 */
export async function locateRg(sources: RgSources): Promise<string> {
  const packaged = await packagedBinary(sources)
  if (packaged.path !== undefined) return packaged.path
  const onPath = findProgram('rg', { searchPath: sources.searchPath, trees: sources.trees })
  if (onPath !== undefined) return onPath.path
  throw new FuseSearchError(
    `ripgrep was not found: neither in the package @vscode/ripgrep (${packaged.reason}) nor as rg on PATH. ` +
      'Reinstall without --omit=optional, or install ripgrep and put it on PATH.',
    { code: 'rg-missing' },
  )
}

/** The binary of the npm package. Importing the package throws if its platform part is missing. */
export async function packagedRg(): Promise<string> {
  const { rgPath } = await import('@vscode/ripgrep')
  return rgPath
}

async function packagedBinary(sources: RgSources): Promise<{ path?: string; reason: string }> {
  try {
    const path = await sources.packaged()
    return (await isExecutable(path)) ? { path, reason: '' } : { reason: `${path} cannot be run` }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    // Missing, or not executable for this user: try the next place.
    return false
  }
}
