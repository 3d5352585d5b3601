import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Terminal } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { cacheFolder, findProgram } from 'fusesearch/programs'
import { makeFolder, writeWhole } from './files.ts'
import { CHECKOUT } from './setup.ts'

/** Which Python a program needs. */
export interface PythonNeeds {
  /** Names its environment, and its requirements: `python/requirements-NAME.txt` of the checkout. */
  readonly name: string
  /** Modules that it imports, for a Python that the user names. */
  readonly modules: readonly string[]
}

/** Where a Python is taken from. */
export interface PythonChoice {
  /** The user's own. */
  readonly given?: string | undefined
  /** The folder of the environments; in the cache folder when left out. */
  readonly packages?: string | undefined
  /** Told before packages are installed. */
  readonly say: (line: string) => void
}

const SUPPORTED = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
/** Enough of a program's last words to see what went wrong. */
const KEPT_LINES = 3

/**
 * A Python with what a program needs: the one that the user names, relative to the working directory, else one of an
 * environment in the cache folder, which is installed the first time by the user's pip. Throws `python-missing` with the
 * next step.
 */
export async function preparePython(
  { name, modules }: PythonNeeds,
  terminal: Terminal,
  { given, packages, say }: PythonChoice,
): Promise<string> {
  const requirements = join(pythonFolder(), `requirements-${name}.txt`)
  const wanted = readFileSync(requirements, 'utf8')
  if (given !== undefined) {
    const failure = await failureOf(given, ['-c', `import ${modules.join(', ')}`], terminal)
    if (failure === undefined) return given
    throw missing(`${given} can't be used: ${failure}. Install ${requirements} in it, or leave --python out.`)
  }
  const digest = createHash('sha256').update(wanted).digest('hex').slice(0, 12)
  const folder = join(packages ?? join(cacheFolder(terminal.env), 'python'), `${name}-${digest}`)
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(folder, '.installed')
  if (existsSync(stamp)) return python
  const base = await findPython(terminal)
  say(`Installing the Python packages of ${requirements} into ${folder}. They are large.`)
  rmSync(folder, { recursive: true, force: true })
  makeFolder(folder)
  const failure =
    (await failureOf(base, ['-m', 'venv', folder], terminal)) ??
    (await failureOf(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements], terminal))
  if (failure !== undefined) {
    throw missing(
      `The packages of ${requirements} can't be installed: ${failure}. Install them yourself and name that Python with --python.`,
    )
  }
  writeWhole(stamp, wanted)
  return python
}

/** The folder of the project's Python programs. Throws `python-missing` for installed packages, which don't have it. */
export function pythonFolder(): string {
  const folder = join(CHECKOUT, 'python')
  if (existsSync(join(folder, 'fusesearch_rl'))) return folder
  throw missing(
    "The Python programs are in fusesearch's repository, not in its packages. Clone it, and run the command there.",
  )
}

/**
 * Runs a program of the project and hands over each line of its output. Throws `bad-run` with its last words when it
 * fails, and the signal's reason after it was stopped.
 */
export async function runPython(
  python: string,
  args: readonly string[],
  { terminal, threads, onLine }: { terminal: Terminal; threads: number; onLine: (line: string) => void },
): Promise<void> {
  const env = {
    ...environmentOf(terminal),
    PYTHONPATH: pythonFolder(),
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUTF8: '1',
    // Models come from folders, never from a hub.
    HF_HUB_OFFLINE: '1',
    OMP_NUM_THREADS: String(threads),
  }
  const failure = await start(python, ['-W', 'ignore', ...args], { env, signal: terminal.signal, onLine })
  terminal.signal.throwIfAborted()
  if (failure !== undefined) {
    throw new FuseSearchError(
      `The program in Python ended early: ${failure}. Once that is mended, the same command goes on from its last checkpoint.`,
      {
        code: 'bad-run',
      },
    )
  }
}

/** Undefined if it succeeded. */
async function failureOf(command: string, args: readonly string[], terminal: Terminal): Promise<string | undefined> {
  const failure = await start(command, args, { env: environmentOf(terminal), signal: terminal.signal })
  terminal.signal.throwIfAborted()
  return failure
}

/** The environment with the PATH that may be used beside the working directory. */
function environmentOf({ env, cwd }: Terminal): NodeJS.ProcessEnv {
  const path = findProgram('python3', { searchPath: env['PATH'], trees: [cwd] })?.searchPath
  return path === undefined ? env : { ...env, PATH: path }
}

async function findPython(terminal: Terminal): Promise<string> {
  const { env, cwd } = terminal
  for (const name of ['python3', 'python'] as const) {
    const found = findProgram(name, { searchPath: env['PATH'], trees: [cwd] })
    if (found !== undefined && (await failureOf(found.path, ['-c', SUPPORTED], terminal)) === undefined)
      return found.path
  }
  const folders = (env['PATH'] ?? '').split(delimiter).length
  throw missing(
    `No Python 3.10 or newer with venv is in the ${folders} folders of PATH. Install one, or name it with --python.`,
  )
}

interface StartOptions {
  readonly env: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  readonly onLine?: (line: string) => void
}

/** Resolves to the reason why a program failed; undefined if it succeeded. Rejects with what `onLine` throws. */
function start(
  command: string,
  args: readonly string[],
  { env, signal, onLine }: StartOptions,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    const last: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => {
      try {
        onLine?.(line)
      } catch (error) {
        // A listener's error would end this process.
        reject(error)
        child.kill()
      }
    })
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.trim() !== '' && last.push(line.trim()) > KEPT_LINES) last.shift()
    })
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, killedBy) => {
      resolve(code === 0 ? undefined : last.join(' ').replace(/\.$/, '') || `exit ${code ?? killedBy}`)
    })
  })
}

function missing(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'python-missing' })
}
