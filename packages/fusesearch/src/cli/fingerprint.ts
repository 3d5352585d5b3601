import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DEFAULT_WEIGHTS, digestWeights } from '../policies/index.ts'
import type { Fingerprint } from '../queue/index.ts'
import { locateRg, packagedRg } from '../search/index.ts'
import type { Terminal } from './command.ts'
import { readVersion } from './version.ts'

const run = promisify(execFile)
const OWN_CODE = fileURLToPath(new URL('..', import.meta.url))

/**
 * Everything that determines the results of this program's searches. `lab`: digest of the lab's code, if it takes part.
 */
export async function readFingerprint(
  terminal: Pick<Terminal, 'cwd' | 'env'>,
  lab: string | null,
): Promise<Fingerprint> {
  return {
    version: readVersion(),
    code: digestCode([OWN_CODE]),
    lab,
    weights: digestWeights(DEFAULT_WEIGHTS),
    rg: await rgVersion(terminal),
  }
}

/** SHA-256 of the code below the folders, or of the part whose path `isMeant`. */
export function digestCode(folders: readonly string[], isMeant: (path: string) => boolean = () => true): string {
  const hash = createHash('sha256')
  for (const folder of folders) {
    for (const path of codeFiles(folder).filter(isMeant))
      hash.update(`${path}\n`).update(readFileSync(join(folder, path)))
  }
  return hash.digest('hex').slice(0, 16)
}

/** The version of ripgrep; null if it doesn't report one. */
export async function rgVersion({ cwd, env }: Pick<Terminal, 'cwd' | 'env'>): Promise<string | null> {
  const rg = await locateRg({ packaged: packagedRg, searchPath: env['PATH'] ?? '', trees: [cwd] })
  const { stdout } = await run(rg, ['--no-config', '--version'], { cwd: dirname(OWN_CODE), env: {} })
  return /^ripgrep (\S+)/.exec(stdout)?.[1] ?? null
}

function codeFiles(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => /\.[jt]s$/.test(name) && !/\.(?:test|d)\.ts$/.test(name)).sort()
}
