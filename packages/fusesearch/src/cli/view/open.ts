import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FuseSearchError } from '../../core/index.ts'
import { trustedFolders } from '../../programs/index.ts'
import type { Terminal } from '../command.ts'

/** What shows a page on each system; elsewhere xdg-open does. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
}

/**
 * Shows a page in the user's browser and waits until it was handed over. The opener is never one that lies in the working
 * directory. Throws `bad-argument` where there is none, or it fails, naming the page.
 */
export async function openPage(path: string, { cwd, env }: Terminal): Promise<void> {
  const [name = 'xdg-open'] = OPENERS[process.platform] ?? []
  const searchPath = trustedFolders({ searchPath: env.PATH, trees: [cwd] })
  const folder = searchPath.split(delimiter).find((one) => isAbsolute(one) && isProgram(join(one, name)))
  const failed = (fact: string): FuseSearchError =>
    new FuseSearchError(`${fact}. Open ${path} in a browser.`, { code: 'bad-argument' })
  if (folder === undefined) throw failed(`There is no ${name} to open the page with`)
  const code = await run(join(folder, name), pathToFileURL(path).href, { ...env, PATH: searchPath })
  // Windows' explorer ends with 1 when all is well.
  if (code !== 0 && process.platform !== 'win32') throw failed(`${name} could not open the page`)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Not in this folder: the next one is tried.
    return false
  }
}

/** Some openers go on for as long as the browser does: those are left to themselves. */
const OPENER_MS = 3_000

/** The opener's exit code; 0 for one that goes on, null for one that can't be started. */
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
