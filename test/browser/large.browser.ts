import type { CDPSession } from 'playwright-core'
import { expect, it } from 'vitest'
import { pageOf, useBrowser } from '../support/browser.ts'
import { endLine, grepping, trajectoryText, turnLine } from '../support/trajectories.ts'

const open = useBrowser()

const CALLS = 10_000
const FIRST_PAINT_MS = 1_000
const INTERACTION_MS = 100

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

/** Milliseconds that the page's thread was busy, without what it waited for while others had the processor. */
async function busyMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
}

it.each([8, 100, CALLS])('stays fluent with 10,000 calls, %i a turn', async (breadth) => {
  const url = await pageOf({ large: largeRun(breadth) })
  const page = await open('about:blank')
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await busyMs(session)
    await work()
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))')
    return (await busyMs(session)) - before
  }
  await page.goto(url, { waitUntil: 'commit' })
  await page.locator('#app[data-drawn]').waitFor()
  await timed(async () => undefined)
  const painted = await busyMs(session)
  const clicks: number[] = []
  // The first one also draws what comes into view with it.
  for (const index of [3, 0, 5, 1, 2]) clicks.push(await timed(() => page.locator('.call').nth(index).click()))
  expect(await page.locator('.panel h2').innerText()).toContain(`turn 1, call 3 of ${breadth}`)
  process.stdout.write(
    `${breadth} calls a turn: drawn in ${Math.round(painted)} ms, clicks in ${clicks.map(Math.round).join(', ')} ms\n`,
  )
  expect(painted).toBeLessThan(FIRST_PAINT_MS)
  const [, , median] = clicks.toSorted((a, b) => a - b)
  expect(median).toBeLessThan(INTERACTION_MS)
})
