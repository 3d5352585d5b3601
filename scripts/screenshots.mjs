// The pictures of docs/viewer.md: `node scripts/screenshots.mjs`. Searches this checkout for the demo's issue.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { findBrowser } from './test-browser.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const main = join(root, 'packages/fusesearch/dist/cli/main.js')
const MAX_BYTES = 200_000
/** What a fix of the demo's issue would change. */
const GOLD = {
  instance_id: 'demo',
  files: ['packages/fusesearch/src/locate/issue.ts'],
  functions: [{ path: 'packages/fusesearch/src/locate/issue.ts', name: 'cutIssue', startLine: 63, endLine: 68 }],
}

const folder = mkdtempSync(join(tmpdir(), 'fusesearch-pictures-'))
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
const browser = await chromium.launch({ executablePath: findBrowser(), args })
try {
  const runs = ['embedded', 'sequential'].map(record)
  writeFileSync(join(folder, 'gold.jsonl'), JSON.stringify(GOLD))
  await picture('viewer-run', view(runs.slice(0, 1)), { colorScheme: 'light' })
  await picture('viewer-compare', view(runs, '--gold', join(folder, 'gold.jsonl')), { colorScheme: 'dark' })
  await live()
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}

function record(policy) {
  const file = join(folder, `${policy}.jsonl`)
  command('locate', '--file', 'scripts/demo-issue.md', '--policy', policy, '--trajectory', file, '--full')
  return file
}

function view(files, ...more) {
  const page = join(folder, 'page.html')
  command('view', ...files, '--out', page, ...more)
  return pathToFileURL(page).href
}

function command(...words) {
  const { status, stderr } = spawnSync(process.execPath, [main, ...words], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

async function live() {
  const server = spawn(process.execPath, [main, 'serve', '--port', '0'], { cwd: root })
  try {
    const [told] = await once(server.stdout.setEncoding('utf8'), 'data')
    await picture('viewer-live', /http:\S+/.exec(told)[0], {
      colorScheme: 'light',
      async prepare(page) {
        await page.getByLabel('Issue', { exact: true }).fill(readFileSync(join(root, 'scripts/demo-issue.md'), 'utf8'))
        await page.getByRole('button', { name: 'Search' }).click()
        await page.locator('.panel').waitFor()
      },
    })
  } finally {
    server.kill()
  }
}

async function picture(name, url, { colorScheme, prepare = async () => undefined }) {
  const page = await browser.newPage({ viewport: { width: 1360, height: 960 }, colorScheme, reducedMotion: 'reduce' })
  await page.goto(url)
  await page.locator('#app[data-drawn]').waitFor()
  await prepare(page)
  await page.waitForTimeout(300)
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 })
  const image = Buffer.from(data, 'base64')
  if (image.length > MAX_BYTES) throw new Error(`${name} has ${image.length} bytes; ${MAX_BYTES} are allowed.`)
  writeFileSync(join(root, 'docs', `${name}.webp`), image)
  await page.close()
}
