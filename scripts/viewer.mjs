// Builds the page that shows searches and reports into static files, which ship with the product: a script for
// searches, one for reports, with charts, and their common style.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'packages/viewer/src')
const MAX_BYTES = 1_500_000
const SCRIPTS = { 'app.js': 'main.tsx', 'report.js': 'report.tsx' }

/** Writes `app.js`, `report.js`, `style.css` and `LICENSES.txt` into the folder. */
export async function writePage(folder) {
  mkdirSync(folder, { recursive: true })
  const packages = new Set()
  for (const [name, input] of Object.entries(SCRIPTS)) {
    const { code, modules } = await bundled(join(source, input))
    writeFileSync(join(folder, name), withoutTags(code))
    for (const module of modules) packages.add(module)
  }
  const styles = ['style.css', 'report.css'].map((name) => readFileSync(join(source, name), 'utf8'))
  writeFileSync(join(folder, 'style.css'), styles.join('\n'))
  writeFileSync(join(folder, 'LICENSES.txt'), licences([...packages].sort((a, b) => (a < b ? -1 : 1))))
  checkSize(folder)
}

/** A script, and the names of the packages whose code it contains. */
async function bundled(input) {
  const bundle = await rolldown({
    input,
    platform: 'browser',
    resolve: { alias: { 'fusesearch/core': join(root, 'packages/fusesearch/src/core/index.ts') } },
    tsconfig: join(root, 'packages/viewer/tsconfig.json'),
  })
  const { output } = await bundle.generate({ format: 'iife', minify: true })
  await bundle.close()
  const [{ code, modules }] = output
  const used = Object.entries(modules).filter(([, { renderedLength }]) => renderedLength > 0)
  return { code, modules: used.flatMap(([path]) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []) }
}

/** The script is inside the page, so `<` is escaped wherever it could end or change its element. */
function withoutTags(code) {
  return code.replaceAll(/<(?=\/?script|!--)/gi, String.raw`\x3C`)
}

/** The licences require a copy. */
function licences(packages) {
  const texts = packages.map((name) => {
    const folder = join(root, 'node_modules', name)
    const file = readdirSync(folder).find((one) => /^licen[cs]e(\.\w+)?$/i.test(one))
    if (file === undefined) throw new Error(`${name} is part of the page and has no licence text.`)
    return `${name}\n${'='.repeat(name.length)}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return `The scripts hold code of these packages.\n\n${texts.join('\n\n')}`
}

function checkSize(folder) {
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  if (bytes > MAX_BYTES) throw new Error(`The page has ${bytes} bytes; ${MAX_BYTES} are allowed.`)
}
