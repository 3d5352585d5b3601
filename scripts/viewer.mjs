// Builds the page that shows searches into two static files, which ship with the product: its script and its style.
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'packages/viewer/src')
const MAX_BYTES = 1_500_000
/** What the script holds of others; their licences ask for a copy. */
const BUNDLED = { preact: 'LICENSE', lowlight: 'license', 'highlight.js': 'LICENSE', 'eventsource-parser': 'LICENSE' }

/** Writes `app.js`, `style.css` and `LICENSES.txt` into the folder. */
export async function writePage(folder) {
  mkdirSync(folder, { recursive: true })
  const bundle = await rolldown({
    input: join(source, 'main.tsx'),
    platform: 'browser',
    resolve: { alias: { 'fusesearch/core': join(root, 'packages/fusesearch/src/core/index.ts') } },
    tsconfig: join(root, 'packages/viewer/tsconfig.json'),
  })
  const { output } = await bundle.generate({ format: 'iife', minify: true })
  await bundle.close()
  writeFileSync(join(folder, 'app.js'), withoutTags(output[0].code))
  copyFileSync(join(source, 'style.css'), join(folder, 'style.css'))
  writeFileSync(join(folder, 'LICENSES.txt'), licences())
  checkSize(folder)
}

/** The script stands in the page itself: in it, `<` before what would end or change that element is written in code. */
function withoutTags(code) {
  return code.replaceAll(/<(?=\/?script|!--)/gi, String.raw`\x3C`)
}

function licences() {
  const texts = Object.entries(BUNDLED).map(([name, file]) => {
    const text = readFileSync(join(root, 'node_modules', name, file), 'utf8').trim()
    return `${name}\n${'='.repeat(name.length)}\n\n${text}\n`
  })
  return `app.js holds code of these packages.\n\n${texts.join('\n\n')}`
}

function checkSize(folder) {
  const bytes = ['app.js', 'style.css'].reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  if (bytes > MAX_BYTES) throw new Error(`The page has ${bytes} bytes; ${MAX_BYTES} are allowed.`)
}
