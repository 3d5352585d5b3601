// An encoder on a real engine: `npm run test:encoder [-- --packages DIR]`. Installs the optional peers onnxruntime-node
// and @huggingface/tokenizers outside the checkout, and runs test/encoder on a model of a few bytes that the test writes.
// Skips with exit 0 where the packages can't be had; exit 1 means that a fact doesn't hold.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const PEERS = ['onnxruntime-node', '@huggingface/tokenizers']
const INSTALL_TIMEOUT_MS = 600_000

const { values } = parseArgs({ options: { packages: { type: 'string' }, help: { type: 'boolean', default: false } } })
if (values.help) {
  process.stdout.write(
    'Usage: npm run test:encoder [-- --packages DIR]\n\n  --packages DIR  where the packages are installed\n',
  )
  process.exit(0)
}

const { peerDependencies } = JSON.parse(readFileSync(join(root, 'packages/fusesearch/package.json'), 'utf8'))
const wanted = PEERS.map((name) => `${name}@${peerDependencies[name]}`)
const packages = values.packages ?? join(cacheFolder(), 'test-encoder', wanted.join('+').replaceAll('/', '-'))
process.stderr.write(`test:encoder: needs npm's registry once, some 300 MB in ${packages}, and nobody's weights\n`)
install()
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const { status: code } = spawnSync(process.execPath, [vitest, 'run', 'test/encoder/'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
  env: { ...process.env, FUSESEARCH_ENCODER_PACKAGES: packages },
})
process.stdout.write(`${wanted.join(', ')}, ${process.platform}-${process.arch}, Node ${process.versions.node}\n`)
process.stdout.write(code === 0 ? 'every fact holds\n' : 'a fact does not hold: see above\n')
process.exit(code === 0 ? 0 : 1)

/** Without their scripts, so that nothing is fetched but what the registry holds. */
function install() {
  if (PEERS.every((name) => existsSync(join(packages, 'node_modules', name, 'package.json')))) return
  mkdirSync(packages, { recursive: true })
  writeFileSync(join(packages, 'package.json'), '{ "private": true }\n')
  const args = ['install', ...wanted, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { error, status, stderr } = spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
    cwd: packages,
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT_MS,
    // On Windows npm is a batch file.
    shell: process.platform === 'win32',
  })
  if (status === 0) return
  process.stdout.write(`skipped: npm can't install them: ${error?.message ?? stderr.trim().split('\n')[0]}\n`)
  process.exit(0)
}

function cacheFolder() {
  const { FUSESEARCH_CACHE: own, XDG_CACHE_HOME: shared } = process.env
  return own || join(shared || join(homedir(), '.cache'), 'fusesearch')
}
