// Checks the product's gold against Python's own `ast` on a dataset of Python patches. Needs python3 and a build:
//   node scripts/check-gold.mjs DATASET --repos TEMPLATE [--map FILE] [--gold-only] [--quiet]
// --gold-only skips Python and only lists the instances without gold, and why; for datasets in any language.
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repos: { type: 'string' },
    map: { type: 'string' },
    'gold-only': { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
})
const { baseCommitOf, goldOf, loadDataset } = await import('fusesearch-lab/datasets')
const { filesAtCommit, ObjectReader, readRepositoryMap, resolveRepository } = await import('fusesearch/git')

const map = values.map === undefined ? undefined : await readRepositoryMap(values.map)
const { instances, skipped } = await loadDataset(positionals[0], { skipBad: true })
const readers = new Map()
const started = performance.now()
const results = []
for (const instance of instances) results.push(await goldOrError(instance))
const seconds = (performance.now() - started) / 1000
for (const reader of readers.values()) reader?.close?.()

const withGold = results.filter((result) => result.gold !== undefined)
const failures = results.filter((result) => result.error !== undefined && result.error.code !== 'repository-missing')
const absent = results.filter((result) => result.error?.code === 'repository-missing')
console.log(`rows ${instances.length}, bad rows ${skipped.length}, repository absent ${absent.length}`)
console.log(
  `gold ${withGold.length} in ${seconds.toFixed(1)} s, kept ${withGold.filter((one) => one.gold.kept).length}`,
)
console.log(`failed ${failures.length}`)
for (const { instance, error } of failures) console.log(`  ${instance.id} [${error.code}] ${error.message}`)
if (!values['gold-only']) compare(withGold)

async function goldOrError(instance) {
  try {
    const objects = await readerFor(instance.repo)
    const { gold } = await goldOf(instance, objects)
    const texts = values['gold-only'] ? {} : await textsOf(instance, objects, gold)
    return { instance, gold, texts }
  } catch (error) {
    if (typeof error?.code !== 'string') throw error
    return { instance, error }
  }
}

/** One reader per repository; a missing repository is searched only once. */
async function readerFor(repo) {
  if (!readers.has(repo)) {
    const request = { repo, template: values.repos, map, cacheDir: tmpdir(), environment: process.env }
    readers.set(
      repo,
      await resolveRepository(request).then(
        (found) => new ObjectReader(found),
        (error) => error,
      ),
    )
  }
  const reader = readers.get(repo)
  if (reader instanceof Error) throw reader
  return reader
}

async function textsOf(instance, objects, gold) {
  const base = filesAtCommit(objects, await baseCommitOf(instance, objects.repository))
  const texts = {}
  for (const path of gold.files) texts[path] = await base.readFile(path)
  return texts
}

function compare(found) {
  const input = found.map(({ instance, texts }) => JSON.stringify({ id: instance.id, patch: instance.patch, texts }))
  const script = join(import.meta.dirname, 'ast_functions.py')
  const python = spawnSync('python3', [script], { input: input.join('\n'), encoding: 'utf8', maxBuffer: 2 ** 30 })
  if (python.status !== 0) throw new Error(`python3 failed: ${python.stderr}`)
  const answers = python.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const counts = { files: 0, functions: 0, addsFunction: 0, kept: 0 }
  for (const [index, { instance, gold }] of found.entries()) {
    const theirs = answers[index]
    // Python's `ast` reads only Python.
    const functions = gold.functions
      .filter((one) => one.path.endsWith('.py'))
      .map((one) => [one.path, one.name, one.startLine, one.endLine])
    const ours = { files: gold.files, functions, addsFunction: gold.addsFunction, kept: gold.kept }
    for (const key of Object.keys(counts)) {
      const isSame = JSON.stringify(ours[key]) === JSON.stringify(theirs[key])
      counts[key] += isSame
      if (isSame || values.quiet) continue
      console.log(
        `  ${instance.id} ${key}\n    ours   ${JSON.stringify(ours[key])}\n    theirs ${JSON.stringify(theirs[key] ?? theirs.error)}`,
      )
    }
  }
  const total = found.length
  console.log(
    `agree with ast: ${Object.entries(counts)
      .map(([key, count]) => `${key} ${count}/${total}`)
      .join(', ')}`,
  )
}
