// Compiles each package's src to its dist and adds what the code reads at run time: tool texts, grammars, the page.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeGrammars } from './grammars.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** In build order: the lab compiles against the product's declarations. */
const PACKAGES = ['fusesearch', 'lab'].map((name) => join(root, 'packages', name))

const COMPILER = join(root, 'node_modules/typescript/bin/tsc')

const BESIDE_SOURCE = [
  'scripts/build.mjs',
  'scripts/bundle.mjs',
  'scripts/grammars.mjs',
  'scripts/viewer.mjs',
  'scripts/tokenizer.mjs',
  'tsconfig.json',
  'packages/fusesearch/tsconfig.json',
  'packages/lab/tsconfig.json',
  'package-lock.json',
]

if (process.argv[1] === fileURLToPath(import.meta.url)) await build()

/** True if the last build was made from exactly these files and none of them is newer. */
export function isBuildFresh() {
  return PACKAGES.every((folder) => {
    const stamp = join(folder, 'dist/.built')
    if (!existsSync(stamp)) return false
    const built = statSync(stamp).mtimeMs
    const inputs = inputFiles(folder)
    return (
      readFileSync(stamp, 'utf8') === namesDigest(inputs) && inputs.every((path) => statSync(path).mtimeMs <= built)
    )
  })
}

/**
 * `--when-stale` skips a fresh build. It is for npm's `prepare`, so that installing a clone or a git address builds
 * both packages before npm links the command. The lab's package.json has it, because npm warns about `prepare` in
 * packages that it installs from a tarball or a git address, and those are the product and the root.
 */
async function build() {
  if (!existsSync(COMPILER)) {
    process.stderr.write(
      'fusesearch build: the packages that build it are not installed. Run `npm ci` first, which also builds; `npm run demo` and `npm test` do all of it by themselves.\n',
    )
    process.exit(2)
  }
  if (process.argv.includes('--when-stale') && isBuildFresh()) return
  for (const folder of PACKAGES) await buildPackage(folder)
}

/** Builds beside dist and swaps at the end, so that a command running from the old build isn't interrupted. */
async function buildPackage(folder) {
  // The stamp has the start time, so that an edit during the build counts as newer.
  const started = new Date()
  const inputs = inputFiles(folder)
  // Inside the package: a bundle names packages by their path, and git ignores `node_modules`.
  const staging = join(folder, `node_modules/.fusesearch-build-${process.pid}`)
  compile(folder, staging)
  const source = join(folder, 'src')
  for (const path of inputs) {
    if (path.startsWith(source) && /\.(md|txt|html|css)$/.test(path)) copy(path, join(staging, relative(source, path)))
  }
  if (folder === PACKAGES[0]) await finishProduct(staging)
  copyPapers(folder)
  const staged = join(staging, '.built')
  writeFileSync(staged, namesDigest(inputs))
  utimesSync(staged, started, started)
  swap(staging, join(folder, 'dist'))
}

/** The contents of each tarball besides its code; the root's files are the originals. */
function copyPapers(folder) {
  const papers = folder === PACKAGES[0] ? ['LICENSE', 'README.md', 'CHANGELOG.md'] : ['LICENSE']
  for (const name of papers) cpSync(join(root, name), join(folder, name))
}

async function finishProduct(staging) {
  // Loaded late, because the set-up imports this file before any package is installed.
  const [{ bundleCommand }, { writeTokenizer }] = await Promise.all([import('./bundle.mjs'), import('./tokenizer.mjs')])
  await bundleCommand(staging)
  // npm sets it once, when it links the command; a later build creates a new file.
  chmodSync(join(staging, 'cli/main.js'), 0o755)
  const { writePage } = await import('./viewer.mjs')
  await writePage(join(staging, 'page'))
  await writeTokenizer(join(staging, 'tokenizer'))
  writeGrammars(root, join(staging, 'grammars'))
}

function compile(folder, target) {
  const { status } = spawnSync(process.execPath, [COMPILER, '-p', folder, '--outDir', target], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status === 0) return
  rmSync(target, { recursive: true, force: true })
  process.exit(2)
}

function swap(staging, dist) {
  const old = `${staging}-old`
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(staging, dist)
  rmSync(old, { recursive: true, force: true })
}

function inputFiles(folder) {
  const page = folder === PACKAGES[0] ? filesUnder(join(root, 'packages/viewer/src')) : []
  const sources = [...filesUnder(join(folder, 'src')), ...page].filter((path) => !path.endsWith('.test.ts'))
  return [...sources, ...BESIDE_SOURCE.map((path) => join(root, path))]
}

/** A removed file leaves no newer file behind, so the names are compared too. */
function namesDigest(paths) {
  const names = paths.map((path) => relative(root, path))
  return createHash('sha256').update(names.join('\n')).digest('hex')
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to)
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}
