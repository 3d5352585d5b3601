// A separate Python environment for each set of packages, in a cache folder: it changes neither the checkout nor the
// user's Python. Packages come from the index that the user's pip is configured for.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const MINIMUM = [3, 10]
const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']
const INSTALL_TIMEOUT_MS = 1_800_000
/** Enough of pip's last output to see what it couldn't find. */
const SHOWN_LINES = 3

/**
 * The interpreter of an environment with the packages of a requirements file; installs them the first time.
 * Returns `{ python }`, or `{ missing }` with the reason.
 */
export function preparePython(name, requirements, { packages, say }) {
  const wanted = readFileSync(requirements, 'utf8')
  const folder = join(packages ?? join(cacheFolder(), 'python'), `${name}-${digest(wanted)}`)
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const stamp = join(folder, '.installed')
  if (existsSync(stamp)) return { python }
  const base = findPython()
  if (base === undefined) return { missing: `no Python ${MINIMUM.join('.')} or newer is on the PATH` }
  say(`installing ${name} into ${folder}`)
  const begin = performance.now()
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const failure =
    run(base, ['-m', 'venv', folder]) ?? run(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements])
  if (failure !== undefined) return { missing: `${name} can't be installed: ${failure}` }
  writeFileSync(stamp, wanted)
  say(`installed ${name} in ${((performance.now() - begin) / 1000).toFixed(0)} s`)
  return { python }
}

function findPython() {
  const check = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${MINIMUM.join(', ')}))`
  return CANDIDATES.find((name) => spawnSync(name, ['-c', check], { stdio: 'ignore' }).status === 0)
}

/** Undefined on success, else the reason. */
function run(command, args) {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS })
  if (status === 0) return undefined
  return error?.message ?? stderr.trim().split('\n').slice(-SHOWN_LINES).join(' ')
}

function digest(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function cacheFolder() {
  const { FUSESEARCH_CACHE: own, XDG_CACHE_HOME: shared } = process.env
  return own || join(shared || join(homedir(), '.cache'), 'fusesearch')
}
