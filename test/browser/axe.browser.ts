import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startHttpServer } from '../../packages/fusesearch/src/serve/index.ts'
import { pageOf, pageWith, useBrowser } from '../support/browser.ts'
import { toldEvaluation } from '../support/evaluation-data.ts'
import { SHOP_ISSUE, temporaryFolder, tinyRepository } from '../support/folder.ts'
import { toldTraining } from '../support/training-data.ts'
import { endLine, grepping, reading, trajectoryText, turnLine } from '../support/trajectories.ts'

const open = useBrowser()

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Rules of WCAG 2.2, levels A and AA, and best practices. */
async function violationsOf(page: Page): Promise<readonly string[]> {
  // Through the debugger connection, which the content security policy doesn't affect.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 150)}`))
}

const PATH = 'shop/cart.py'
const RUN = trajectoryText(
  [
    turnLine(1, [grepping('discount', PATH, [[2, 'def apply_discount(self):']]), reading(PATH, ['class Cart:'])]),
    turnLine(2, [reading(PATH, ['class Cart:', '    pass'])]),
  ],
  endLine(PATH, 'Cart'),
)

const INSTANCES = [
  { id: 'one', repository: 'big/shop', isRight: [true, false], calls: [4, 9] },
  { id: 'two', repository: 'small/mail', isRight: [null, true], calls: [4, 9] },
]

describe.each(['light', 'dark'] as const)('in %s, axe finds nothing wrong with', (colorScheme) => {
  it('a search, and a call of it', async () => {
    const page = await open(await pageOf({ one: RUN }), { colorScheme })
    for (const summary of await page.locator('summary').all()) await summary.click()
    expect(await violationsOf(page)).toEqual([])
    await page.locator('.call').last().click()
    expect(await violationsOf(page)).toEqual([])
  })

  it('several searches on a narrow page', async () => {
    const gold = { files: [PATH, 'other.py'], functions: [] }
    const viewport = { width: 400, height: 800 }
    const page = await open(await pageOf({ one: RUN, two: RUN }, { gold }), { colorScheme, viewport })
    expect(await violationsOf(page)).toEqual([])
  })

  it('the live page, before a search and after it', async () => {
    const server = await startHttpServer({ roots: [tinyRepository()], port: 0, version: '1.2.3' })
    onTestFinished(() => server.close(0))
    const page = await open(server.url, { colorScheme })
    expect(await violationsOf(page)).toEqual([])
    await page.getByLabel('Issue', { exact: true }).fill(SHOP_ISSUE)
    await page.getByRole('button', { name: 'Search' }).click()
    await page.locator('.panel').waitFor()
    expect(await violationsOf(page)).toEqual([])
  })

  it('an evaluation, and an instance of it', async () => {
    const data = await toldEvaluation(INSTANCES, ['wide', 'narrow'], temporaryFolder())
    const page = await open(await pageWith(data), { colorScheme })
    await drawAll(page)
    for (const summary of await page.locator('summary').all()) await summary.click()
    await page.getByRole('button', { name: 'Show them' }).click()
    expect(await violationsOf(page)).toEqual([])
    await page.getByRole('link', { name: 'two' }).last().click()
    await page.locator('.summary').first().waitFor()
    expect(await violationsOf(page)).toEqual([])
  })

  it('a training', async () => {
    const page = await open(await pageWith(toldTraining()), { colorScheme, viewport: { width: 400, height: 800 } })
    await drawAll(page)
    expect(await violationsOf(page)).toEqual([])
  })
})

/** Charts are drawn when they come near the view. */
async function drawAll(page: Page): Promise<void> {
  for (let step = 0; step < 12; step += 1) {
    await page.mouse.wheel(0, 700)
    await page.waitForTimeout(30)
  }
}

it.each(['evaluation', 'training'] as const)('fits 400 pixels: the page of the %s', async (kind) => {
  const evaluation = toldEvaluation(INSTANCES, ['wide', 'narrow'], temporaryFolder())
  const data = kind === 'evaluation' ? await evaluation : toldTraining()
  const page = await open(await pageWith(data), { viewport: { width: 400, height: 800 } })
  await drawAll(page)
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400)
})

it('can be used with the keyboard alone: choose, filter, sort, open, go back', async () => {
  const page = await open(await pageWith(await toldEvaluation(INSTANCES, ['wide', 'narrow'], temporaryFolder())))
  const tabTo = async (isThere: string): Promise<void> => {
    for (let key = 0; key < 80; key += 1) {
      await page.keyboard.press('Tab')
      const outline = 'getComputedStyle(document.activeElement).outlineStyle'
      expect(['solid', 'auto']).toContain(await page.evaluate(outline))
      if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(isThere)})`)) return
    }
    throw new Error(`No key leads to ${isThere}.`)
  }
  await tabTo('select')
  await page.keyboard.press('ArrowDown')
  expect(await page.getByRole('region', { name: 'Paired differences' }).innerText()).toContain('points of function F1')
  await tabTo('input[type=search]')
  await page.keyboard.type('mail')
  expect(await page.locator('.rows tbody th').allInnerTexts()).toEqual(['two failed'])
  await tabTo('.rows thead button')
  await page.keyboard.press('Enter')
  expect(await page.locator('[aria-sort=ascending]').innerText()).toContain('instance')
  await tabTo('.rows tbody a')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'two' }).waitFor()
  await tabTo('.instance-top button')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Evaluation on made up' }).waitFor()
})

it('moves nothing on reports if reduced motion is preferred', async () => {
  const url = await pageWith(await toldEvaluation(INSTANCES, ['wide', 'narrow'], temporaryFolder()))
  const page = await open(url, { reducedMotion: 'reduce' })
  await drawAll(page)
  const moving = `[...document.querySelectorAll('#app *')].filter((one) =>
    getComputedStyle(one).transitionDuration !== '0s' || getComputedStyle(one).animationName !== 'none').length`
  expect(await page.evaluate(moving)).toBe(0)
})
