import { describe, expect, it } from 'vitest'
import { pageOf, useBrowser } from '../support/browser.ts'
import { endLine, FIRST_HEADER, grepping, reading, trajectoryText, turnLine } from '../support/trajectories.ts'

const open = useBrowser()

const CART = ['class Cart:', '    def apply_discount(self, percent):', '        # rounds down', '        return 5']
const WIDE = turnLine(1, [
  { ...grepping('apply_discount', 'shop/cart.py', [[2, CART[1] ?? '']]), gain: 1, ms: 10 },
  { ...grepping('rounds', 'shop/cart.py', [[3, CART[2] ?? '']]), gain: 0, ms: 5 },
  { ...grepping('nothing', 'shop/other.py', [[3, 'x']]), gain: 0.5, ms: 5 },
])
const NARROW = turnLine(2, [reading('shop/cart.py', CART)])
const RUN = trajectoryText([WIDE, NARROW], endLine('shop/cart.py', 'Cart.apply_discount'))
const GOLD = {
  files: ['shop/cart.py', 'shop/total.py'],
  functions: [{ path: 'shop/cart.py', name: 'Cart.apply_discount', startLine: 2, endLine: 4 }],
}

/** The bars of one colour in the drawing. */
function barsOf(path: string): { x: number; y: number; width: number; height: number }[] {
  return [...path.matchAll(/M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)/g)].map(([, ...numbers]) => {
    const [x = 0, y = 0, width = 0, height = 0] = numbers.map(Number)
    return { x, y, width, height }
  })
}

describe('the page of a run', () => {
  it("shows turns from wide to narrow: a bar's width is its time, its height the new share", async () => {
    const page = await open(await pageOf({ one: RUN }))
    expect(await page.title()).toBe('shop at c0ffee · FuseSearch')
    const [greps = '', reads = ''] = await page
      .locator('path.bar')
      .evaluateAll((paths) => paths.map((path) => path.getAttribute('d') ?? ''))
    const [first, second, third] = barsOf(greps)
    expect(barsOf(greps)).toHaveLength(3)
    expect(barsOf(reads)).toHaveLength(1)
    expect((second?.width ?? 0) / (first?.width ?? 1)).toBeCloseTo(0.5, 1)
    expect(second?.height).toBeLessThan(2)
    expect((third?.height ?? 0) / (first?.height ?? 1)).toBeCloseTo(0.5, 1)
    const turns = page.getByRole('region', { name: /^Turn \d of scripted$/ })
    expect(await turns.locator('.call').count()).toBe(4)
    expect(await turns.first().locator('.call').count()).toBe(3)
  })

  it("shows a selected call's arguments, its result, and what was new", async () => {
    const page = await open(await pageOf({ one: RUN }))
    const panel = page.getByRole('complementary', { name: 'Selected call' })
    const [, second] = barsOf((await page.locator('path.bar.grep').getAttribute('d')) ?? '')
    // Beside the thin bar, in its lane.
    await page.locator('.timeline svg').click({ position: { x: (second?.x ?? 0) + 3, y: (second?.y ?? 0) - 5 } })
    expect(await panel.getByRole('heading', { level: 2 }).innerText()).toMatch(/grep turn 1, call 2 of 3/)
    expect(await panel.locator('.arguments').innerText()).toMatch(/pattern\s+rounds/)
    expect(await panel.locator('.line').innerText()).toMatch(/^3\s+# rounds down$/)
    expect(await panel.locator('.line.seen').count()).toBe(1)
    expect(await panel.locator('.hljs-comment').innerText()).toBe('# rounds down')
    await panel.getByRole('button', { name: 'Previous call' }).click()
    expect(await panel.locator('.line.fresh').count()).toBe(1)
    expect(await panel.locator('.tag.fresh').innerText()).toBe('new')
  })

  it('links from a word of the issue and from the evidence to the call and its line', async () => {
    const page = await open(await pageOf({ one: RUN }))
    const issue = page.getByRole('region', { name: 'Issue' })
    expect(await issue.locator('.term').allInnerTexts()).toEqual(['Cart', 'apply_discount', 'rounds'])
    await issue.getByRole('button', { name: 'rounds' }).click()
    const title = page.locator('.panel h2')
    expect(await title.innerText()).toMatch(/turn 1, call 2/)
    const answer = page.getByRole('region', { name: 'Answer' })
    await answer.getByRole('button', { name: 'turn 1, grep 1' }).click()
    expect(await title.innerText()).toMatch(/turn 1, call 1/)
    await answer.getByRole('button', { name: 'Cart.apply_discount' }).click()
    expect(await title.innerText()).toMatch(/turn 2, call 1/)
    expect(await page.locator('.line.target .number').innerText()).toBe('1')
  })

  it('can be used with the keyboard alone', async () => {
    const page = await open(await pageOf({ one: RUN }))
    await page.keyboard.press('Escape')
    expect(await page.locator('.panel').count()).toBe(0)
    const rows = page.locator('.call')
    await rows.first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect(await page.locator('.panel h2').innerText()).toMatch(/turn 1, call 2/)
    expect(await rows.nth(1).getAttribute('aria-pressed')).toBe('true')
    const unnamed = await page
      .locator('button')
      .evaluateAll((all) => all.filter((one) => one.textContent?.trim() === ''))
    expect(unnamed).toEqual([])
  })

  it('shows counts if the trajectory has only digests, and a missing end', async () => {
    const { observations: _, ...turn } = WIDE as { observations: unknown }
    const page = await open(await pageOf({ one: trajectoryText([turn], null, { full: false }) }))
    await page.locator('.call').first().click()
    expect(await page.locator('.panel').innerText()).toContain('It showed 1 file and 1 line')
    expect(await page.locator('.panel').innerText()).toContain('--full')
    expect(await page.locator('.state').innerText()).toBe('ended before its answer')
  })

  it('opens no panel for evidence of a call that never ran', async () => {
    const end = JSON.parse(JSON.stringify(endLine('gone.py', 'f')).replace('"turn":1', '"turn":9')) as object
    const page = await open(await pageOf({ one: trajectoryText([WIDE], end) }))
    expect(await page.locator('.with-panel, .panel').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'turn 9, call 1' }).isDisabled()).toBe(true)
  })

  it('links places to the editor with every character of a path in its place', async () => {
    const path = 'a b/c#d?%2F/é".py'
    const text = trajectoryText([turnLine(1, [reading(path, ['x'])])], endLine(path, 'f'))
    const links = { editor: 'vscode://file{path}:{line}', root: '/home/my code' }
    const page = await open(await pageOf({ one: text }, links))
    const link = page.getByRole('region', { name: 'Answer' }).locator('.answer-file a')
    expect(await link.getAttribute('href')).toBe('vscode://file/home/my%20code/a%20b/c%23d%3F%252F/%C3%A9%22.py:1')
  })
})

describe('the page of several runs', () => {
  const other = trajectoryText([turnLine(1, [reading('shop/total.py', ['x'])])], endLine('shop/total.py', 'total'), {
    policy: 'sequential',
  })

  it('shows them side by side, turn by turn, on one scale', async () => {
    const page = await open(await pageOf({ one: RUN, two: other }))
    const columns = page.locator('.search .columns')
    const first = columns.locator('> .turn')
    const places = await first.evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)))
    expect(places).toHaveLength(4)
    expect(places[0]).toBe(places[1])
    expect(places[2]).toBeGreaterThan(places[0] ?? 0)
    expect(await page.locator('.summary h3').allInnerTexts()).toEqual(['scripted one', 'sequential two'])
    expect(await page.getByText('These runs searched for different issues').count()).toBe(0)
  })

  it('marks the gold, and lists what an answer misses', async () => {
    const page = await open(await pageOf({ one: RUN, two: other }, { gold: GOLD }))
    const answers = page.getByRole('region', { name: 'Answer' }).locator('.column')
    expect(await answers.first().locator('.files .gold-tag').count()).toBe(2)
    expect(await answers.first().locator('.missed').innerText()).toContain('shop/total.py')
    expect(await answers.first().locator('.missed').innerText()).toContain('not ranked')
    expect(await answers.last().locator('.missed').innerText()).toContain('shop/cart.py')
    await page.locator('.call', { hasText: 'shop/cart.py' }).click()
    expect(await page.locator('.line.gold .number').allInnerTexts()).toEqual(['2', '3', '4'])
  })

  it('says so if they searched for different issues', async () => {
    const strange = trajectoryText([], null, { issue: 'Another one.' })
    const page = await open(await pageOf({ one: RUN, two: strange }))
    expect(await page.getByText('These runs searched for different issues').count()).toBe(1)
    expect(await page.locator('.issue-text').innerText()).toBe(FIRST_HEADER.issue)
  })
})
