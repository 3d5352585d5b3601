// Prepares a fresh clone for demo, test and check: installs packages, then builds.
// Fast if everything is in place; writes only into node_modules and dist, which git ignores.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isBuildFresh } from './build.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const MINIMUM_NODE = [20, 19]
const LOCK_WAIT_MS = 600_000
/** Settings of a surrounding `npm pack` that would make `npm ci` install less, or nothing. */
const OUTER_SETTINGS = ['workspace', 'workspaces', 'dry_run', 'global', 'location', 'omit', 'only', 'production']

checkNode()
// Checking takes no lock; only a command with work to do waits for another one.
if (!isInstalled() || !isBuildFresh()) withLock(prepare)

function prepare() {
  installPackages()
  if (isBuildFresh()) return
  run(process.execPath, [join(root, 'scripts/build.mjs')], 'the build failed; the lines above say why')
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return
  const needed = MINIMUM_NODE.join('.')
  fail(
    `FuseSearch needs Node ${needed} or newer; this is ${process.versions.node}. Install a newer Node and try again.`,
  )
}

/** True if the installed packages are from exactly this lock file. */
function isInstalled() {
  const stamp = installStamp()
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest(readFileSync(join(root, 'package-lock.json')))
}

function installPackages() {
  if (isInstalled()) return
  process.stderr.write('Installing packages…\n')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  run(npm, args, '`npm ci` failed; check the network and run the command again')
  writeFileSync(installStamp(), digest(readFileSync(join(root, 'package-lock.json'))))
}

function installStamp() {
  return join(root, 'node_modules/.fusesearch-installed')
}

/** One set-up at a time per checkout. The lock is outside it, because `npm ci` empties node_modules. */
function withLock(work) {
  const lock = join(tmpdir(), `fusesearch-setup-${digest(root).slice(0, 16)}.lock`)
  takeLock(lock)
  process.on('exit', () => rmSync(lock, { force: true }))
  work()
}

function takeLock(lock) {
  for (const start = Date.now(); Date.now() - start < LOCK_WAIT_MS; sleep(100)) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST')
        fail(`cannot write ${lock}: ${error.message}. Free the temporary folder and try again.`)
    }
    if (!isHeld(lock)) rmSync(lock, { force: true })
  }
  fail(`another set-up holds ${lock} for ten minutes. End it, or remove that file, and try again.`)
}

/** False only if the process that wrote the lock is gone; if the lock has vanished, it is tried again. */
function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')) || process.pid, 0)
    return true
  } catch (error) {
    return error.code !== 'ESRCH'
  }
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function digest(data) {
  return createHash('sha256').update(data).digest('hex')
}

function run(command, args, hint) {
  const { status, error } = spawnSync(command, args, { cwd: root, env: ownEnvironment(), stdio: ['ignore', 2, 2] })
  if (status !== 0) fail(`${hint}${error ? ` (${error.message})` : ''}.`)
}

function ownEnvironment() {
  const outer = new Set(OUTER_SETTINGS.map((name) => `npm_config_${name}`))
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.has(name.toLowerCase())))
}

function fail(message) {
  process.stderr.write(`fusesearch set-up: ${message}\n`)
  process.exit(2)
}
