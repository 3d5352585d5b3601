// What a user gets from npm: every export leads to a file with types, the size is held, and nothing runs at install.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const MAX_UNPACKED_BYTES = 30_000_000
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare']

const manifest = readJson('package.json')
const lock = readJson('package-lock.json')
const packed = pack()
const problems = [...exportProblems(), ...sizeProblems(), ...scriptProblems()]
for (const problem of problems) process.stdout.write(`${problem}\n`)
process.exit(problems.length === 0 ? 0 : 1)

function pack() {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout } = spawnSync(npm, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [first] = JSON.parse(stdout)
  return { bytes: first.unpackedSize, paths: new Set(first.files.map(({ path }) => path)) }
}

/** A path that an export or a command names must be packed, and code must have its types beside it. */
function exportProblems() {
  const targets = [...Object.values(manifest.exports), ...Object.values(manifest.bin)]
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((path) => path.replace(/^\.\//, ''))
  const missing = targets
    .filter((path) => !packed.paths.has(path))
    .map((path) => `${path} is exported, but not packed.`)
  const untyped = Object.entries(manifest.exports)
    .filter(([name, target]) => !name.endsWith('.json') && typesOf(target) !== typesWanted(target))
    .map(([name]) => `The export ${name} must name the types beside its code, before it.`)
  return [...missing, ...untyped]
}

/** The compiler reads conditions in their order: types first, or not at all. */
function typesOf(target) {
  return Object.keys(target)[0] === 'types' ? target.types : undefined
}

function typesWanted(target) {
  return target.default?.replace(/\.js$/, '.d.ts')
}

function sizeProblems() {
  if (packed.bytes <= MAX_UNPACKED_BYTES) return []
  return [`The package is ${packed.bytes} bytes unpacked; ${MAX_UNPACKED_BYTES} are allowed.`]
}

/** Neither ours nor a dependency's: an install must not run foreign code. */
function scriptProblems() {
  const own = INSTALL_SCRIPTS.filter((name) => name in (manifest.scripts ?? {})).map(
    (name) => `package.json runs ${name}.`,
  )
  const theirs = Object.entries(lock.packages)
    .filter(([place, { dev, hasInstallScript }]) => place !== '' && !dev && hasInstallScript)
    .map(([place]) => `${place} has an install script.`)
  return [...own, ...theirs]
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}
