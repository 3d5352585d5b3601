import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FuseSearchError } from '../../core/index.ts'
import { trustedFolders } from '../../programs/index.ts'
import type { Terminal } from '../command.ts'

/** The program that opens a page on each system; elsewhere xdg-open. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
}

/**
 * Opens a page in the user's browser and waits until it was passed on. The opener is never one in the working
 * directory. Throws `bad-argument`, naming the page, if there is none or it fails.
 */
export async function openPage(path: string, { cwd, env }: Terminal): Promise<void> {
  const [name = 'xdg-open'] = OPENERS[process.platform] ?? []
  const searchPath = trustedFolders({ searchPath: env.PATH, trees: [cwd] })
  const folder = searchPath.split(delimiter).find((one) => isAbsolute(one) && isProgram(join(one, name)))
  const failed = (fact: string): FuseSearchError =>
    new FuseSearchError(`${fact}. Open ${path} in a browser.`, { code: 'bad-argument' })
  if (folder === undefined) throw failed(`There is no ${name} to open the page with`)
  const code = await run(join(folder, name), pathToFileURL(path).href, { ...env, PATH: searchPath })
  // Windows' explorer ends with 1 on success.
  if (code !== 0 && process.platform !== 'win32') throw failed(`${name} could not open the page`)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not in this folder: try the next one.
    return false
  }
}

/** Some openers run as long as the browser; they are left running. */
const OPENER_MS = 3_000

/** The opener's exit code; 0 for one that keeps running, null for one that can't be started. */
function run(program: string, url: string, env: NodeJS.ProcessEnv): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(program, [url], { env, stdio: 'ignore', detached: true })
    const timer = setTimeout(() => {
      child.unref()
      resolve(0)
    }, OPENER_MS)
    const end = (code: number | null): void => {
      clearTimeout(timer)
      resolve(code)
    }
    child.on('error', () => end(null))
    child.on('exit', end)
  })
}
