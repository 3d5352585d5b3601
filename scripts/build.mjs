// Compiles src to dist and copies what the code reads at run time: tool texts and grammars.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
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
const source = join(root, 'src')
const dist = join(root, 'dist')
const stamp = join(dist, '.built')

const BESIDE_SOURCE = [
  'scripts/build.mjs',
  'scripts/bundle.mjs',
  'scripts/grammars.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
]

if (process.argv[1] === fileURLToPath(import.meta.url)) await build()

/** True when the last build was made of these very files and none of them is newer. */
export function isBuildFresh() {
  if (!existsSync(stamp)) return false
  const built = statSync(stamp).mtimeMs
  const inputs = inputFiles()
  return readFileSync(stamp, 'utf8') === namesDigest(inputs) && inputs.every((path) => statSync(path).mtimeMs <= built)
}

/** Builds beside dist and swaps at the end: a command that runs from the old build is not cut off half-way. */
async function build() {
  // The stamp's time is that of the start: an edit made during the build must count as newer.
  const started = new Date()
  const inputs = inputFiles()
  const staging = join(root, `node_modules/.fusesearch-build-${process.pid}`)
  compile(staging)
  // Loaded late: the set-up imports this file before any package is there.
  const { bundleCommand } = await import('./bundle.mjs')
  await bundleCommand(staging)
  for (const path of inputs) {
    if (/\.(md|txt|html|css)$/.test(path)) copy(path, join(staging, relative(source, path)))
  }
  writeGrammars(root, join(staging, 'grammars'))
  const staged = join(staging, '.built')
  writeFileSync(staged, namesDigest(inputs))
  utimesSync(staged, started, started)
  swap(staging)
}

function compile(target) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', target], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status === 0) return
  rmSync(target, { recursive: true, force: true })
  process.exit(2)
}

function swap(staging) {
  const old = `${staging}-old`
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(staging, dist)
  rmSync(old, { recursive: true, force: true })
}

function inputFiles() {
  const sources = filesUnder(source).filter((path) => !path.endsWith('.test.ts'))
  return [...sources, ...BESIDE_SOURCE.map((path) => join(root, path))]
}

/** A removed file leaves no newer file behind, so the names count too. */
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
