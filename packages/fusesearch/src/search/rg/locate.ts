import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { FuseSearchError } from '../../core/index.ts'

/** Where to look for ripgrep. */
export interface RgSources {
  /** Gives the path of the packaged binary, or rejects where the package or its platform part is missing. */
  readonly packaged: () => Promise<string>
  /** The PATH to fall back on. */
  readonly searchPath: string
}

/**
 * Finds ripgrep: the one of the npm package, else `rg` on PATH.
 * Throws FuseSearchError `rg-missing` where there is neither.
 */
export async function locateRg(sources: RgSources): Promise<string> {
  const packaged = await packagedBinary(sources)
  if (packaged.path !== undefined) return packaged.path
  for (const folder of sources.searchPath.split(delimiter)) {
    const candidate = join(folder, process.platform === 'win32' ? 'rg.exe' : 'rg')
    if (folder !== '' && (await isExecutable(candidate))) return candidate
  }
  throw new FuseSearchError(
    `ripgrep was not found: neither in the package @vscode/ripgrep (${packaged.reason}) nor as rg on PATH. ` +
      'Reinstall without --omit=optional, or install ripgrep and put it on PATH.',
    { code: 'rg-missing' },
  )
}

/** The binary that the npm package ships; the package throws while it is imported where its platform part is missing. */
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
    // Not there or not ours to run: the next place is tried.
    return false
  }
}
