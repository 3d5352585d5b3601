import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { parseTrajectory } from '../../packages/fusesearch/src/agent/index.ts'
import type { PageData, RunsData } from '../../packages/fusesearch/src/view/index.ts'
import { describeRun, pageHtml } from '../../packages/fusesearch/src/view/index.ts'
import { ensureBuilt } from './command.ts'
import { temporaryFolder, writeFiles } from './folder.ts'
import { PATIENCE_MS } from './patience.ts'

/** How to open a page. */
interface PageOptions extends BrowserContextOptions {
  /** Errors that the test expects. */
  readonly allowedErrors?: RegExp
}

/** Starts one browser for the tests of a file; the function opens pages in it. */
export function useBrowser(): (url: string, options?: PageOptions) => Promise<Page> {
  let browser: Browser | undefined
  beforeAll(async () => {
    ensureBuilt()
    const executablePath = process.env.FUSESEARCH_BROWSER
    if (executablePath === undefined) throw new Error('Run the browser tests with npm run test:browser.')
    // Chromium refuses its sandbox for root, the user of containers.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    browser = await chromium.launch({ executablePath, args, timeout: PATIENCE_MS })
  })
  afterAll(() => browser?.close())
  return async (url, { allowedErrors, ...options } = {}) => {
    if (browser === undefined) throw new Error('the browser has not started')
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
    context.setDefaultTimeout(PATIENCE_MS)
    onTestFinished(() => context.close())
    const page = await context.newPage()
    failOnErrors(page, allowedErrors)
    await page.goto(url)
    if (url !== 'about:blank') await page.locator('#app[data-drawn]').waitFor()
    return page
  }
}

/** An error of the page's script, or a refusal of its policy, fails the test. */
function failOnErrors(page: Page, allowed = /^$/): void {
  const errors: string[] = []
  const note = (text: string): void => {
    if (!allowed.test(text)) errors.push(text)
  }
  page.on('pageerror', (error) => note(error.message))
  page.on('console', (message) => message.type() === 'error' && note(message.text()))
  onTestFinished(() => expect(errors).toEqual([]))
}

/** Writes the page of these trajectory texts; the address of the file. */
export async function pageOf(texts: Readonly<Record<string, string>>, more: Partial<RunsData> = {}): Promise<string> {
  const runs = await Promise.all(
    Object.entries(texts).map(async ([name, text]) => describeRun(name, await parseTrajectory(text))),
  )
  return pageWith({ kind: 'runs', runs, gold: null, editor: null, root: null, ...more })
}

/** Writes the page of this data; the address of the file. */
export async function pageWith(data: PageData): Promise<string> {
  const html = await pageHtml(data)
  const folder = writeFiles(temporaryFolder(), { 'page.html': html })
  return pathToFileURL(join(folder, 'page.html')).href
}

/** The chart's text for its first mark under the pointer; a chart is redrawn shortly after a change. */
export async function tipOf(page: Page, chart: string): Promise<string> {
  const mark = page.locator(`${chart} [aria-label=dot] path`).first()
  // In the middle, where nothing covers it.
  await mark.evaluate((it) => it.scrollIntoView({ block: 'center' }))
  const box = await mark.boundingBox()
  await page.mouse.move(0, 0)
  if (box !== null) await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  return page.locator(`${chart} [aria-label=tip]`).evaluate((it) => it.textContent ?? '')
}
