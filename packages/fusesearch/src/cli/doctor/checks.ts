import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { access, constants, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LANGUAGES, loadLanguage } from '../../code/index.ts'
import { gitVersion } from '../../git/index.ts'
import { cacheFolder } from '../../programs/index.ts'
import { locateRg, packagedRg } from '../../search/index.ts'
import type { Terminal } from '../command.ts'

/** The result of one check. `mend` is the next step, present for every check that isn't ok. */
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
/** A model may have to be loaded first. */
const MODEL_TIMEOUT_MS = 30_000

const runFile = promisify(execFile)

/** Runs every check, one after the other, in the order in which they are shown. */
export async function runChecks(terminal: Terminal): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of [checkNode, checkRipgrep, checkGit, checkGrammars, checkCache, checkTerminal]) {
    terminal.signal.throwIfAborted()
    results.push(await check(terminal))
  }
  const { FUSESEARCH_BASE_URL: baseUrl = '', FUSESEARCH_MODEL: model = '' } = terminal.env
  if (baseUrl !== '' || model !== '') results.push(await checkModel(terminal))
  if (existsSync(join(cacheFolder(terminal.env), ENCODER_FOLDER))) results.push(await checkEncoder(terminal))
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

const checkRipgrep: Check = async ({ cwd, env }) => {
  const mend = 'Install fusesearch again without --omit=optional, or put ripgrep (rg) on the PATH.'
  try {
    const rg = await locateRg({ packaged: packagedRg, searchPath: env.PATH ?? '', trees: [cwd] })
    const packaged = await packagedRg().catch(() => undefined)
    const version = firstLine(await runFile(rg, ['--version'], { timeout: COMMAND_TIMEOUT_MS, env: {} }))
    return ok('ripgrep', `${version}, ${rg === packaged ? 'from the package' : rg}`)
  } catch (error) {
    return { name: 'ripgrep', state: 'failed', fact: `it doesn't run: ${reasonOf(error)}`, mend }
  }
}

const checkGit: Check = async ({ cwd, env }) => {
  try {
    const { path, version } = await gitVersion(env, cwd)
    return ok('git', `${version}, ${path}`)
  } catch (error) {
    // Only commits need git; files of the folder are searched without it.
    const mend = "Install git and put it on the PATH; without it, --rev and `fusesearch eval` don't work."
    return { name: 'git', state: 'warning', fact: `it doesn't run: ${reasonOf(error)}`, mend }
  }
}

const checkGrammars: Check = async () => {
  const failures: string[] = []
  for (const language of LANGUAGES) await loadLanguage(language).catch(() => failures.push(language))
  if (failures.length === 0) return ok('grammars', `${LANGUAGES.length} languages load`)
  const fact = `${failures.length} of ${LANGUAGES.length} don't load: ${failures.join(', ')}`
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
    const mend = "Make it writable, or name another folder with FUSESEARCH_CACHE; without it, --rev doesn't work."
    return { name: 'cache', state: 'failed', fact: `${folder} can't be written: ${reasonOf(error)}`, mend }
  }
}

const checkTerminal: Check = ({ env, stdout }) => {
  if (!stdout.isTTY) return Promise.resolve(ok('terminal', 'none: output is plain, one place per line'))
  const columns = stdout.columns ?? 80
  const colours = env.NO_COLOR === undefined && env.TERM !== 'dumb' ? 'colours' : 'no colours'
  return Promise.resolve(ok('terminal', `${columns} columns, ${colours}`))
}

/** Only if the environment names a model; a search doesn't need one. */
const checkModel: Check = async ({ cwd, env, signal }) => {
  // Without a model, nothing of the room `models` is loaded.
  const { modelFromEnvironment } = await import('../../models/index.ts')
  const mend =
    'Correct FUSESEARCH_MODEL and FUSESEARCH_BASE_URL; `fusesearch models check` tests the endpoint in more detail.'
  try {
    const model = modelFromEnvironment({}, env, { cwd, retries: { attempts: 0 }, timeoutMs: MODEL_TIMEOUT_MS })
    try {
      const messages = [{ role: 'user', content: 'Answer with the one word: ready' }] as const
      const { ms } = await model.complete({ messages, tools: [], maxTokens: 16 }, signal)
      return ok('model', `${model.name} (${model.endpoint}) answers in ${(ms / 1_000).toFixed(1)} s`)
    } finally {
      await model.close()
    }
  } catch (error) {
    signal.throwIfAborted()
    // Searches without a model still work.
    return { name: 'model', state: 'warning', fact: reasonOf(error), mend }
  }
}

/** Where `fusesearch encoder get` puts weights, in the cache folder. */
const ENCODER_FOLDER = 'encoder/weights'

/** Only where somebody got weights: a search needs no encoder. */
const checkEncoder: Check = async ({ cwd, env, signal }) => {
  // Nothing of encoders is loaded for those who use none.
  const { isFile, KNOWN_ENCODERS } = await import('../../encoder/index.ts')
  const { openEncoderOf } = await import('../encoder/open.ts')
  const folder = join(cacheFolder(env), ENCODER_FOLDER)
  const facts: string[] = []
  for (const { name, licence, model, tokenizer } of KNOWN_ENCODERS) {
    if (!existsSync(join(folder, model.name))) continue
    const isWhole =
      (await isFile(join(folder, model.name), model)) && (await isFile(join(folder, tokenizer.name), tokenizer))
    const mend = `Get it again: fusesearch encoder get ${name}`
    if (!isWhole)
      return { name: 'encoder', state: 'warning', fact: `the weights of ${name} in ${folder} are damaged`, mend }
    try {
      const encoder = await openEncoderOf(name, { env, cwd }, { isKept: false })
      const startedMs = performance.now()
      await encoder?.vectors(['ready'], signal)
      await encoder?.close()
      facts.push(`${name} (${licence}) loads in ${Math.round(performance.now() - startedMs)} ms`)
    } catch (error) {
      signal.throwIfAborted()
      const [fact = '', install] = reasonOf(error).split(/(?=Install )/)
      return { name: 'encoder', state: 'warning', fact: fact.trim(), mend: install ?? mend }
    }
  }
  return ok('encoder', facts.length === 0 ? `no known weights in ${folder}` : facts.join(', '))
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
