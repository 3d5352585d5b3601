// Compiles src to dist and copies what the code reads at run time: tool texts and grammars.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyGrammars } from './grammars.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'dist/.built')

if (process.argv[1] === fileURLToPath(import.meta.url)) build()

/** True when nothing under src, scripts or the configuration is newer than the last build. */
export function isBuildFresh() {
  if (!existsSync(stamp)) return false
  const built = statSync(stamp).mtimeMs
  const inputs = [...filesUnder(join(root, 'src')), ...['scripts/build.mjs', 'scripts/grammars.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((path) => join(root, path))]
  return inputs.every((path) => statSync(path).mtimeMs <= built)
}

function build() {
  // The stamp's time is that of the start: an edit made during the build must count as newer.
  const started = new Date()
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(2)
  for (const path of filesUnder(join(root, 'src'))) {
    if (/\.(md|txt|html|css)$/.test(path)) copy(path, join(root, 'dist', relative(join(root, 'src'), path)))
  }
  copyGrammars(root, join(root, 'dist/grammars'))
  writeFileSync(stamp, started.toISOString())
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
