// The pictures of docs/viewer.md: `node scripts/screenshots.mjs`. Searches this checkout for the demo's issue,
// evaluates on its own commits, and trains on them; names after the command (`… evaluation`) select pictures.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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

// Relative, because the command appears in the picture.
const PLACES = ['--repos', 'checkout', '--cache', 'cache', '--quiet']

const folder = mkdtempSync(join(tmpdir(), 'fusesearch-pictures-'))
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
const browser = await chromium.launch({ executablePath: findBrowser(), args })
symlinkSync(root, join(folder, 'checkout'))
const PICTURES = { searches, live, evaluation, training }
const asked = process.argv.slice(2)
try {
  for (const [name, make] of Object.entries(PICTURES)) if (asked.length === 0 || asked.includes(name)) await make()
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}

async function searches() {
  const runs = ['embedded', 'sequential'].map(record)
  writeFileSync(join(folder, 'gold.jsonl'), JSON.stringify(GOLD))
  await picture('viewer-run', view(runs.slice(0, 1)), { colorScheme: 'light' })
  await picture('viewer-compare', view(runs, '--gold', join(folder, 'gold.jsonl')), { colorScheme: 'dark' })
}

async function evaluation() {
  const dataset = samples('commits.jsonl', { skip: 0, count: 30, repo: 'fusesearch/fusesearch' })
  const out = join(folder, 'runs/a')
  inFolder('eval', dataset, ...PLACES, '-p', 'embedded,sequential,bm25-code', '--jobs', '2', '--out', 'runs/a')
  const url = pathToFileURL(join(out, 'report.html')).href
  await picture('viewer-evaluation', url, {
    colorScheme: 'light',
    height: 1_340,
    async prepare(page) {
      await page.getByLabel('by', { exact: true }).selectOption('gold-files')
      await page.mouse.wheel(0, 900)
      await page.waitForTimeout(300)
      await page.mouse.wheel(0, -2_000)
    },
  })
  await picture('viewer-instances', url, {
    colorScheme: 'dark',
    height: 620,
    async prepare(page) {
      const table = page.getByRole('region', { name: 'Instances' })
      await table.getByLabel('Outcome').selectOption('changed')
      await table.getByRole('button', { name: 'A − B' }).click()
      await table.scrollIntoViewIfNeeded()
      await table.evaluate((element) => element.scrollIntoView())
    },
  })
}

async function training() {
  const learned = samples('train.jsonl', { skip: 30, count: 12, repo: 'fusesearch/earlier' })
  const heldOut = samples('held-out.jsonl', { skip: 0, count: 8, repo: 'fusesearch/later' })
  const sizes = ['--iterations', '8', '--samples-per-iteration', '8', '--group', '4', '--rollouts', '2']
  const out = join(folder, 'runs/trained')
  inFolder('train', learned, '--validation', heldOut, ...PLACES, ...sizes, '--jobs', '2', '--out', 'runs/trained')
  await picture('viewer-training', pathToFileURL(join(out, 'report.html')).href, {
    colorScheme: 'light',
    height: 1_180,
    async prepare(page) {
      await page.getByRole('region', { name: 'Curves' }).evaluate((element) => element.scrollIntoView())
    },
  })
}

function inFolder(...words) {
  const { status, stderr } = spawnSync(process.execPath, [main, ...words], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** This checkout's own commits as instances: their messages are the issues, their source changes the fixes. */
function samples(name, { skip, count, repo }) {
  const rows = git('log', '--no-merges', '--format=%H %P', '-n', '400', '--', 'packages')
    .split('\n')
    .flatMap((line) => {
      const [id, parent] = line.split(' ')
      if (!parent) return []
      const sources = ['packages/*/src/*.ts', ':!*.test.ts']
      const patch = git('diff', '--no-color', '--diff-filter=M', parent, id, '--', ...sources)
      const files = patch.match(/^diff --git/gm)?.length ?? 0
      if (files === 0 || files > 4) return []
      const issue = git('log', '-1', '--format=%B', id).trim()
      return [{ instance_id: id.slice(0, 10), repo, base_commit: parent, problem_statement: issue, patch }]
    })
  const text = rows.slice(skip, skip + count).map((row) => `${JSON.stringify(row)}\n`)
  writeFileSync(join(folder, name), text.join(''))
  return name
}

function git(...words) {
  const { stdout } = spawnSync('git', ['-C', root, ...words], { encoding: 'utf8', maxBuffer: 100_000_000 })
  return stdout
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

async function picture(name, url, { colorScheme, height = 960, prepare = async () => undefined }) {
  const page = await browser.newPage({ viewport: { width: 1360, height }, colorScheme, reducedMotion: 'reduce' })
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
