// Tests the LLM policy with a real engine: `npm run test:llama [-- --packages DIR] [-- --model FILE]`. Installs the
// optional peer node-llama-cpp with its compiled library for this platform beside a copy of this package, outside the
// checkout, and runs test/llama on a model with random weights, and on a real one if a file is named. Skips with exit 0 if
// the engine can't be installed; exit 1 means a failed test.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const product = join(root, 'packages/fusesearch')
const PACKAGE = 'node-llama-cpp'
const INSTALL_TIMEOUT_MS = 600_000

/** The smallest compiled library of each platform; those for graphics cards have hundreds of megabytes. */
const LIBRARIES = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
}

const { values } = parseArgs({
  options: { packages: { type: 'string' }, model: { type: 'string' }, help: { type: 'boolean', default: false } },
})
if (values.help) {
  process.stdout.write(
    'Usage: npm run test:llama [-- --packages DIR] [-- --model FILE]\n\n  --packages DIR  where the engine is installed\n  --model FILE    a GGUF file of a real model, which is tried too\n',
  )
  process.exit(0)
}

const version = JSON.parse(readFileSync(join(product, 'package.json'), 'utf8')).peerDependencies[PACKAGE]
const packages = values.packages ?? join(cacheFolder(), 'llama', version)
say(`needs: npm's registry once, some 90 MB in ${packages}, no graphics card, no model of anyone`)
const library = LIBRARIES[`${process.platform}-${process.arch}`]
if (library === undefined) skip(`${PACKAGE} has no compiled library for ${process.platform}-${process.arch}`)
installEngine()
copyPackage()
process.exit(runTests())

/** Without install scripts, so that nothing is fetched or compiled except the packages themselves. */
function installEngine() {
  const stamp = join(packages, '.installed')
  if (existsSync(stamp)) return
  mkdirSync(packages, { recursive: true })
  writeFileSync(join(packages, 'package.json'), '{ "private": true, "type": "module" }\n')
  const wanted = [`${PACKAGE}@${version}`, `@${PACKAGE}/${library}@${version}`]
  say(`installing ${wanted.join(' ')}`)
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = [
    'install',
    ...wanted,
    '--omit=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const { error, status, stderr } = spawnSync(npm, args, {
    cwd: packages,
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
    // On Windows npm is a batch file.
    shell: process.platform === 'win32',
  })
  if (status === 0) writeFileSync(stamp, version)
  else skip(`npm can't install it: ${error?.message ?? stderr.trim().split('\n')[0]}`)
}

/** As if installed next to the engine: the command finds it by its name. */
function copyPackage() {
  const target = join(packages, 'node_modules/fusesearch')
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  cpSync(join(product, 'dist'), join(target, 'dist'), { recursive: true })
  cpSync(join(product, 'package.json'), join(target, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'), 'junction')
}

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'fusesearch-llama-'))
  const report = join(folder, 'report.txt')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/llama'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      FUSESEARCH_LLAMA_PACKAGES: packages,
      FUSESEARCH_LLAMA_REPORT: report,
      ...(values.model === undefined ? {} : { FUSESEARCH_LLAMA_MODEL: resolve(values.model) }),
    },
  })
  const facts = existsSync(report) ? readFileSync(report, 'utf8') : ''
  rmSync(folder, { recursive: true, force: true })
  process.stdout.write(
    `${PACKAGE} ${version}, ${process.platform}-${process.arch}, Node ${process.versions.node}\n${facts}`,
  )
  process.stdout.write(status === 0 ? 'every fact holds\n' : 'a fact does not hold: see above\n')
  return status === 0 ? 0 : 1
}

function cacheFolder() {
  const { FUSESEARCH_CACHE: own, XDG_CACHE_HOME: shared } = process.env
  return own || join(shared || join(homedir(), '.cache'), 'fusesearch')
}

function say(line) {
  process.stderr.write(`test:llama: ${line}\n`)
}

function skip(reason) {
  process.stdout.write(`skipped: ${reason}\n`)
  process.exit(0)
}
