// Draws identifiers of a tree by how many files contain them, with a fixed seed.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const MAX_FILE_BYTES = 1_000_000
const SEED = 20_260_101

/** `rare` occur in 1 to 10 files, `common` in 20 to 200; `count` of each, or as many as there are. */
export async function drawIdentifiers(dist, folder, count) {
  const { createRng } = await import(pathToFileURL(join(dist, 'core/index.js')).href)
  const { openWorkspace } = await import(pathToFileURL(join(dist, 'search/index.js')).href)
  const { languageOf } = await import(pathToFileURL(join(dist, 'code/index.js')).href)
  const workspace = await openWorkspace({ root: folder, ignoreRules: 'respect' })
  const paths = await workspace.tree.listFiles()
  const frequency = new Map()
  for (const path of paths) if (languageOf(path) !== undefined) countNames(join(folder, path), frequency)
  await workspace.close()
  const names = [...frequency].sort((a, b) => (a[0] < b[0] ? -1 : 1))
  const rng = createRng(SEED)
  const draw = (low, high) =>
    sample(
      names.filter(([, files]) => files >= low && files <= high).map(([name]) => name),
      count,
      rng,
    )
  return { rare: draw(1, 10), common: draw(20, 200), files: paths.length }
}

function countNames(file, frequency) {
  if (statSync(file).size > MAX_FILE_BYTES) return
  for (const name of new Set(readFileSync(file, 'utf8').match(/\b[A-Za-z_]\w{5,40}\b/g))) {
    frequency.set(name, (frequency.get(name) ?? 0) + 1)
  }
}

function sample(names, count, rng) {
  const drawn = new Set()
  while (drawn.size < Math.min(count, names.length)) drawn.add(names[rng.integer(names.length)])
  return [...drawn]
}
