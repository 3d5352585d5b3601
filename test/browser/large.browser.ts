import type { CDPSession, Locator, Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { pageOf, pageWith, useBrowser } from '../support/browser.ts'
import { toldEvaluation } from '../support/evaluation-data.ts'
import { temporaryFolder } from '../support/folder.ts'
import { endLine, grepping, trajectoryText, turnLine } from '../support/trajectories.ts'

const open = useBrowser()

const CALLS = 10_000
/** How long drawing and following the reader may take, as a share of a plain table: three times and more of what they do. */
const PAINT_LIMIT = 2
const INTERACTION_LIMIT = 0.15

/**
 * Milliseconds that a plain table of 10,000 rows takes in this browser on this machine, which may be slow: the measure of
 * what the page may take.
 */
async function plainTableMs(): Promise<number> {
  if (tableMs === undefined) {
    const times: number[] = []
    for (let round = 0; round < 3; round++) times.push(await tableOnce())
    tableMs = medianOf(times)
  }
  return tableMs
}

let tableMs: number | undefined

async function tableOnce(): Promise<number> {
  const page = await open('about:blank')
  const session = await metricsOf(page)
  const before = await busyMs(session)
  await page.evaluate(`(() => {
    const table = document.body.appendChild(document.createElement('table'))
    for (let row = 0; row < ${CALLS}; row++)
      for (let cell = 0, line = table.insertRow(); cell < 4; cell++) line.insertCell().textContent = 'name_' + row
    return ${DRAWN}
  })()`)
  const ms = (await busyMs(session)) - before
  await page.context().close()
  return ms
}

function largeRun(breadth: number): string {
  const turns = Array.from({ length: CALLS / breadth }, (_, turn) =>
    turnLine(
      turn + 1,
      Array.from({ length: breadth }, (_call, call) => {
        const line = turn * breadth + call + 1
        const path = `src/module_${line % 500}.py`
        return { ...grepping(`name_${line}`, path, [[line, `def name_${line}(self): return ${line}`]]), ms: call + 1 }
      }),
    ),
  )
  return trajectoryText(turns, endLine('src/module_1.py', 'name_1'))
}

const DRAWN = 'new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))'

async function metricsOf(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  return session
}

/** Milliseconds that the page's thread was busy, without the time in which other processes had the processor. */
async function busyMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
}

interface Measured {
  readonly page: Page
  /** Until the page was drawn. */
  readonly paintedMs: number
  readonly workMs: readonly number[]
}

/** A reader's action on an element of the page: a JavaScript expression over `it`. */
interface Work {
  readonly on: (page: Page) => Locator
  readonly does: string
}

const CLICK = 'it.click()'

/** Opens the page, does each action, and measures how long the page's thread was busy until it was drawn. */
async function measure(url: string, works: readonly Work[]): Promise<Measured> {
  const page = await open('about:blank')
  const session = await metricsOf(page)
  await page.goto(url, { waitUntil: 'commit' })
  await page.locator('#app[data-drawn]').waitFor()
  await page.evaluate(DRAWN)
  const paintedMs = await busyMs(session)
  const workMs: number[] = []
  for (const { on, does } of works) {
    // The time to find the element is the test's, not the page's.
    await on(page).evaluate((element) => element.setAttribute('data-it', ''))
    await page.waitForTimeout(SETTLED_MS)
    const before = await busyMs(session)
    await page.evaluate(`(() => { const it = document.querySelector('[data-it]'); ${does}; return ${DRAWN} })()`)
    workMs.push((await busyMs(session)) - before)
    await page.evaluate("document.querySelector('[data-it]')?.removeAttribute('data-it')")
  }
  return { page, paintedMs, workMs }
}

/** Until the previous action is completely drawn, including charts that follow later. */
const SETTLED_MS = 250

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

it.each([8, 100, CALLS])('stays fluent with 10,000 calls, %i a turn', async (breadth) => {
  const url = await pageOf({ large: largeRun(breadth) })
  // The first one also draws what comes into view with it.
  const clicks = [3, 0, 5, 1, 2].map((index) => ({ on: (page: Page) => page.locator('.call').nth(index), does: CLICK }))
  const { page: opened, paintedMs, workMs } = await measure(url, clicks)
  const selected = /turn .*/.exec(await opened.locator('.panel h2').innerText())?.[0]
  expect(selected).toBe(`turn 1, call 3 of ${breadth}`)
  const plainMs = await plainTableMs()
  process.stdout.write(
    `${breadth} calls a turn: drawn in ${Math.round(paintedMs)} ms, clicks in ${workMs.map(Math.round).join(', ')} ms, a plain table in ${Math.round(plainMs)} ms\n`,
  )
  expect(paintedMs / plainMs).toBeLessThan(PAINT_LIMIT)
  expect(medianOf(workMs) / plainMs).toBeLessThan(INTERACTION_LIMIT)
})

const INSTANCES = 500

function table(page: Page): Locator {
  return page.getByRole('region', { name: 'Instances' })
}

it('stays fluent with an evaluation of 500 instances and three policies', async () => {
  const instances = Array.from({ length: INSTANCES }, (_, index) => ({
    id: `project_${index % 40}-${index}`,
    repository: `owner/project_${index % 40}`,
    language: ['python', 'go', 'rust', 'java'][index % 4] ?? '',
    isRight: [index % 3 !== 0, index % 5 !== 0, index % 7 === 0 ? null : index % 2 === 0],
    calls: [4 + (index % 13), 4 + (index % 9), 4 + (index % 21)],
  }))
  const data = await toldEvaluation(instances, ['wide', 'narrow', 'model'], temporaryFolder())
  const press = (name: string): Work => ({ on: (page) => page.getByRole('button', { name, exact: true }), does: CLICK })
  const enter = (label: string, value: string): Work => ({
    on: (page) => table(page).getByLabel(label, { exact: true }),
    does: `it.value = '${value}'; it.dispatchEvent(new Event(it.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }))`,
  })
  const {
    page: opened,
    paintedMs,
    workMs,
  } = await measure(await pageWith(data), [
    // Into view: its rows and the nearby charts are drawn.
    { on: table, does: 'it.scrollIntoView()' },
    press('wide F1'),
    press('narrow calls'),
    enter('Search', 'project_1'),
    enter('Search', 'project_11'),
    enter('Search', ''),
    enter('Language', 'go'),
    enter('Outcome', 'changed'),
    press('Show all'),
    { on: (page) => table(page).locator('tbody a').nth(3), does: CLICK },
    press('Next instance'),
    press('All instances'),
    { on: (page) => page.getByLabel('F1 of', { exact: true }), does: enter('', 'function').does },
  ])
  expect(await opened.getByRole('region', { name: 'Paired differences' }).innerText()).toContain('function F1')
  const plainMs = await plainTableMs()
  process.stdout.write(
    `${INSTANCES} instances: drawn in ${Math.round(paintedMs)} ms, interactions in ${workMs.map(Math.round).join(', ')} ms, median ${Math.round(medianOf(workMs))} ms, a plain table in ${Math.round(plainMs)} ms\n`,
  )
  expect(paintedMs / plainMs).toBeLessThan(PAINT_LIMIT)
  expect(medianOf(workMs) / plainMs).toBeLessThan(INTERACTION_LIMIT)
})
