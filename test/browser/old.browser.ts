import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pageOf, useBrowser } from '../support/browser.ts'
import { ROOT } from '../support/command.ts'
import { FIRST_HEADER, grepping, trajectoryText, turnLine } from '../support/trajectories.ts'

const open = useBrowser()

/** Recordings of a tiny shop by programs of earlier commits: one for each change of the trajectory's format. */
const FOLDER = join(ROOT, 'test/support/old-trajectories')

describe('opens a trajectory of an earlier program', () => {
  it.each(readdirSync(FOLDER))('%s', async (name) => {
    const text = readFileSync(join(FOLDER, name), 'utf8')
    const page = await open(await pageOf({ old: text }))
    const [header, ...lines] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const calls = lines.flatMap((line) => line.calls ?? [])
    expect(await page.locator('.call').count()).toBe(calls.length)
    expect(await page.locator('.issue-text').innerText()).toBe(header.issue)
    expect(await page.locator('.answer-file').first().innerText()).toContain('shop/cart.py')
    expect(await page.locator('.functions').first().innerText()).toContain('Cart.apply_discount')
    for (let call = 0; call < calls.length; call += 1) {
      await page.locator('.call').nth(call).click()
      expect(await page.locator('.panel h2').innerText()).toContain(`turn `)
    }
    await page.getByRole('button', { name: 'Cart.apply_discount', exact: true }).last().click()
    expect(await page.locator('.panel .line.target').innerText()).toContain('def apply_discount')
  })
})

it('opens a trajectory of the first version, and what a kill left of it', async () => {
  const turn = turnLine(1, [grepping('apply_discount', 'shop/cart.py', [[2, 'def apply_discount(self):']])])
  const whole = trajectoryText([turn, { ...turn, turn: 2 }], null)
  const page = await open(await pageOf({ old: whole.slice(0, -40) }))
  expect(await page.locator('.call').count()).toBe(1)
  expect(await page.locator('.state').innerText()).toBe('ended before its answer')
  expect(await page.locator('.issue-text').innerText()).toBe(FIRST_HEADER.issue)
})
