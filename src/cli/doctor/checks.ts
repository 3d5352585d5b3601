import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LANGUAGES, loadLanguage } from '../../code/index.ts'
import { locateRg, packagedRg } from '../../tools/index.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Terminal } from '../command.ts'

/** What came of one check. `mend` is the next step and is there for every check that isn't ok. */
export interface CheckResult {
  readonly name: string
  /** `warning`: something works less well; `failed`: something doesn't work at all. */
  readonly state: 'ok' | 'warning' | 'failed'
  readonly fact: string
  readonly mend?: string
}

type Check = (terminal: Terminal) => Promise<CheckResult>

const MINIMUM_NODE = [20, 19] as const
const COMMAND_TIMEOUT_MS = 5_000

const runFile = promisify(execFile)

/** Runs every check, one after the other, in the order in which they are shown. */
export async function runChecks(terminal: Terminal): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of [checkNode, checkRipgrep, checkGit, checkGrammars, checkCache, checkTerminal]) {
    terminal.signal.throwIfAborted()
    results.push(await check(terminal))
  }
  return results
}

const checkNode: Check = () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isNewEnough = major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])
  const fact = `${process.versions.node} on ${process.platform} ${process.arch}`
  if (isNewEnough) return Promise.resolve(ok('Node', fact))
  const mend = `Install Node ${MINIMUM_NODE.join('.')} or newer.`
  return Promise.resolve({ name: 'Node', state: 'failed', fact, mend })
}

const checkRipgrep: Check = async ({ env }) => {
  const mend = 'Install fusesearch again without --omit=optional, or put ripgrep (rg) on the PATH.'
  try {
    const rg = await locateRg({ packaged: packagedRg, searchPath: env.PATH ?? '' })
    const packaged = await packagedRg().catch(() => undefined)
    const version = firstLine(await runFile(rg, ['--version'], { timeout: COMMAND_TIMEOUT_MS, env: {} }))
    return ok('ripgrep', `${version}, ${rg === packaged ? 'of the package' : rg}`)
  } catch (error) {
    return { name: 'ripgrep', state: 'failed', fact: `it does not run: ${reasonOf(error)}`, mend }
  }
}

const checkGit: Check = async ({ env }) => {
  try {
    return ok('git', firstLine(await runFile('git', ['--version'], { timeout: COMMAND_TIMEOUT_MS, env })))
  } catch (error) {
    // The files as they lie are searched without git; only commits need it.
    const mend = 'Install git and put it on the PATH; without it, --rev and `fusesearch eval` do not work.'
    return { name: 'git', state: 'warning', fact: `it does not run: ${reasonOf(error)}`, mend }
  }
}

const checkGrammars: Check = async () => {
  const failures: string[] = []
  for (const language of LANGUAGES) await loadLanguage(language).catch(() => failures.push(language))
  if (failures.length === 0) return ok('grammars', `${LANGUAGES.length} languages load`)
  const fact = `${failures.length} of ${LANGUAGES.length} do not load: ${failures.join(', ')}`
  return { name: 'grammars', state: 'failed', fact, mend: 'Install fusesearch again; in a checkout, run the build.' }
}

const checkCache: Check = async ({ env }) => {
  const folder = cacheFolder(env)
  const probe = join(folder, `.doctor-${randomUUID()}`)
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    await writeFile(probe, '')
    await rm(probe)
    return ok('cache', folder)
  } catch (error) {
    const mend = 'Make it writable, or name another folder with FUSESEARCH_CACHE; without it, --rev does not work.'
    return { name: 'cache', state: 'failed', fact: `${folder} can't be written: ${reasonOf(error)}`, mend }
  }
}

const checkTerminal: Check = ({ env, stdout }) => {
  if (!stdout.isTTY) return Promise.resolve(ok('terminal', 'none: output is plain, one place a line'))
  const columns = stdout.columns ?? 80
  const colours = env.NO_COLOR === undefined && env.TERM !== 'dumb' ? 'colours' : 'no colours'
  return Promise.resolve(ok('terminal', `${columns} columns, ${colours}`))
}

function ok(name: string, fact: string): CheckResult {
  return { name, state: 'ok', fact }
}

function firstLine({ stdout }: { readonly stdout: string }): string {
  return stdout.split('\n')[0]?.trim() ?? ''
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n')[0]?.replace(/\.$/, '') ?? ''
}
