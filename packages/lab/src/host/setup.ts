import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, totalmem } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { digestCode, rgVersion, type Terminal } from 'fusesearch/cli'
import { findProgram } from 'fusesearch/programs'

const run = promisify(execFile)
/** The lab's code, `src` or `dist`, and the product's code that it runs with. */
const LAB_CODE = fileURLToPath(new URL('..', import.meta.url))
const PRODUCT = dirname(createRequire(import.meta.url).resolve('fusesearch/package.json'))
const PRODUCT_CODE = join(PRODUCT, basename(LAB_CODE))
/** The checkout that contains both packages, if there is one. */
export const CHECKOUT = dirname(dirname(PRODUCT))

/** Facts about the program and the machine for a report. */
export interface ProgramSetup {
  readonly commit: string | null
  readonly node: string
  readonly rg: string | null
  readonly machine: string
}

/** Finds commit, versions and machine; null for what is unavailable. */
export async function describeSetup(terminal: Pick<Terminal, 'cwd' | 'env'>): Promise<ProgramSetup> {
  const [commit, rg] = await Promise.all([readCommit(CHECKOUT, terminal), rgVersion(terminal)])
  const gib = Math.round(totalmem() / 1024 ** 3)
  const machine = `${cpus().length} cores, ${gib} GiB memory, ${process.platform} ${process.arch}`
  return { commit, node: process.versions.node, rg, machine }
}

/** SHA-256 of the running code, so that a resumed run isn't finished by a different program. */
export function digestBuild(): string {
  return digestCode([PRODUCT_CODE, LAB_CODE])
}

const GOLD_ROOMS = ['core', 'code', 'git', 'datasets']

/** SHA-256 of the lab's code. */
export function digestLab(): string {
  return digestCode([LAB_CODE])
}

/** SHA-256 of the code that finds gold, so that cached gold stays valid while policies change. */
export function digestGoldCode(): string {
  return digestCode([PRODUCT_CODE, LAB_CODE], (path) => GOLD_ROOMS.includes(path.split(/[\\/]/)[0] ?? ''))
}

/** The commit of the checkout that the code runs from; null for installed packages. */
async function readCommit(root: string, { cwd, env }: Pick<Terminal, 'cwd' | 'env'>): Promise<string | null> {
  // The repository in which the command was called may put its own programs on PATH.
  const git = findProgram('git', { searchPath: env['PATH'], trees: [root, cwd] })
  if (git === undefined || !existsSync(join(root, '.git'))) return null
  try {
    const options = { cwd: root, env: { ...env, PATH: git.searchPath } }
    const head = await run(git.path, ['rev-parse', '--short=12', 'HEAD'], options)
    const commit = /^[0-9a-f]{12,}$/m.exec(head.stdout)?.[0]
    if (commit === undefined) return null
    const changes = await run(git.path, ['status', '--porcelain', '--untracked-files=no'], options)
    return `${commit}${changes.stdout.trim() === '' ? '' : '-dirty'}`
  } catch {
    // Without git the report has no commit, and says so.
    return null
  }
}
