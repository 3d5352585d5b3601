// Checks what npm users get: every export has a file with types, the size is limited, nothing runs at install, the
// product includes nothing of the lab, and the root, which a git address installs, has the product's command.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const MAX_UNPACKED_BYTES = 30_000_000
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']
const LAB_ONLY = ['fusesearch-lab', 'hyparquet', 'hyparquet-compressors']

const lock = readJson('package-lock.json')
const PRODUCT = 'packages/fusesearch'
const problems = [...['.', PRODUCT, 'packages/lab'].flatMap(problemsOf), ...rootProblems(), ...installProblems()]
for (const problem of problems) process.stdout.write(`${problem}\n`)
process.exit(problems.length === 0 ? 0 : 1)

function problemsOf(folder) {
  const manifest = readJson(join(folder, 'package.json'))
  const packed = pack(folder)
  return [...exportProblems(manifest, packed), ...sizeProblems(packed), ...manifestProblems(manifest)].map(
    (problem) => `${folder}: ${problem}`,
  )
}

function pack(folder) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const cwd = join(root, folder)
  const { stdout } = spawnSync(npm, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [first] = JSON.parse(stdout)
  return { bytes: first.unpackedSize, paths: new Set(first.files.map(({ path }) => path)) }
}

/** A path named by an export or a command must be packed, with its types beside it if it is code. */
function exportProblems(manifest, packed) {
  const { bin = {}, exports = {} } = manifest
  const targets = [...Object.values(exports), ...Object.values(bin)]
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((path) => path.replace(/^\.\//, ''))
  const missing = targets.filter((path) => !packed.paths.has(path)).map((path) => `${path} is named, but not packed.`)
  const untyped = Object.entries(exports)
    .filter(([name, target]) => !name.endsWith('.json') && typesOf(target) !== typesWanted(target))
    .map(([name]) => `The export ${name} must name the types beside its code, before it.`)
  return [...missing, ...untyped]
}

/** The compiler reads conditions in order, so types must come first. */
function typesOf(target) {
  return Object.keys(target)[0] === 'types' ? target.types : undefined
}

function typesWanted(target) {
  return target.default?.replace(/\.js$/, '.d.ts')
}

function sizeProblems(packed) {
  if (packed.bytes <= MAX_UNPACKED_BYTES) return []
  return [`The package is ${packed.bytes} bytes unpacked; ${MAX_UNPACKED_BYTES} are allowed.`]
}

function manifestProblems({ name, scripts = {}, dependencies = {} }) {
  // npm also warns about `prepare` when it installs from a tarball, although nothing runs then.
  const warned = name === 'fusesearch-lab' ? INSTALL_SCRIPTS : [...INSTALL_SCRIPTS, 'prepare']
  const own = warned.filter((script) => script in scripts).map((script) => `package.json runs ${script}.`)
  const foreign = name === 'fusesearch' ? LAB_ONLY.filter((one) => one in dependencies) : []
  return [...own, ...foreign.map((one) => `The product must not depend on ${one}.`)]
}

/** npm installs the root package of a git address, so the root has the product's dependencies. */
function rootProblems() {
  const [own, product] = ['.', PRODUCT].map((folder) => readJson(join(folder, 'package.json')))
  return ['version', 'dependencies']
    .filter((field) => JSON.stringify(own[field]) !== JSON.stringify(product[field]))
    .map((field) => `The ${field} in package.json and ${PRODUCT}/package.json differ. Make them equal.`)
}

/** Our install must not run foreign code. Optional peers aren't checked: their users install them. */
function installProblems() {
  const brought = new Set()
  const bring = (place) => {
    const { dependencies = {}, optionalDependencies = {} } = lock.packages[place] ?? {}
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const own = placeOf(name, place)
      if (own === undefined || brought.has(own)) continue
      brought.add(own)
      bring(own)
    }
  }
  for (const place of ['', PRODUCT, 'packages/lab']) bring(place)
  return [...brought]
    .filter((place) => lock.packages[place].hasInstallScript)
    .map((place) => `${place} has an install script.`)
}

/** Where Node looks for a package: in the package's own node_modules, then further up. */
function placeOf(name, from) {
  for (let folder = from; ; folder = folder.includes('/') ? folder.slice(0, folder.lastIndexOf('/')) : '') {
    const place = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
    if (place in lock.packages) return place
    if (folder === '') return undefined
  }
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}
