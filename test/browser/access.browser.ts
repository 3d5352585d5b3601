import { describe, expect, it, onTestFinished } from 'vitest'
import { startHttpServer } from '../../packages/fusesearch/src/serve/index.ts'
import { pageOf, useBrowser } from '../support/browser.ts'
import { tinyRepository } from '../support/folder.ts'
import { endLine, grepping, reading, trajectoryText, turnLine } from '../support/trajectories.ts'

const open = useBrowser()

const CODE = ['# A comment', 'class Cart(Base):', '    limit = 5', '    name = "cart"', '    def f(self): return None']
const PATH = 'a/rather/long/folder/that/does/not/fit/into/a/narrow/window/cart_of_the_shop_with_a_long_name.py'
const TURNS = [
  turnLine(1, [
    grepping('discount', PATH, [[2, CODE[1] ?? '']]),
    { ...grepping('Cart', PATH, [[2, CODE[1] ?? '']]), gain: 0 },
    {
      call: { tool: 'glob', arguments: { patterns: ['**/*.py'] } },
      observation: { ok: true, tool: 'glob', paths: [PATH], total: 1, notices: [], bytes: 1 },
    },
  ]),
  turnLine(2, [reading(PATH, CODE)]),
]
const RUN = trajectoryText(TURNS, endLine(PATH, 'Cart.f'))
const GOLD = { files: [PATH, 'other.py'], functions: [{ path: PATH, name: 'Cart.f', startLine: 5, endLine: 5 }] }

/** WCAG 2.2, success criterion 1.4.3: text against the colours below it. */
const LOW_CONTRAST = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = ([r, g, b, a], below) => [r, g, b].map((value, index) => value * a + below[index] * (1 - a)).concat(1)
  const groundOf = (element) => {
    const own = rgba(getComputedStyle(element).backgroundColor)
    if (own[3] === 1) return own
    return over(own, element.parentElement ? groundOf(element.parentElement) : [255, 255, 255, 1])
  }
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const found = []
  for (const element of document.querySelectorAll('#app *')) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === 3 && node.data.trim() !== '')
    if (texts.length === 0 || element.closest(':disabled') || element.getClientRects().length === 0) continue
    const style = getComputedStyle(element)
    const ground = groundOf(element)
    const isShape = element instanceof SVGElement
    const ink = over(rgba(isShape ? style.fill : style.color), ground)
    const [high, low] = [light(ink), light(ground)].sort((a, b) => b - a)
    const ratio = (high + 0.05) / (low + 0.05)
    if (ratio < 4.5) found.push(texts[0].data.slice(0, 30) + ' ' + (element.getAttribute('class') ?? '') + ' ' + ratio.toFixed(2))
  }
  return found
})()`

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it('has enough contrast everywhere', async () => {
    const url = await pageOf({ one: RUN, two: RUN }, { gold: GOLD, editor: 'vscode://file{path}', root: '/code' })
    const page = await open(url, { colorScheme, reducedMotion: 'reduce' })
    for (const details of await page.locator('summary').all()) await details.click()
    for (let call = 0; call < 4; call += 1) {
      await page.locator('.call').nth(call).click()
      expect(await page.evaluate(LOW_CONTRAST)).toEqual([])
    }
  })
})

it.each(['light', 'dark'] as const)(
  'asks on a live page that fits 400 pixels and can be read, in %s',
  async (colorScheme) => {
    const server = await startHttpServer({ roots: [tinyRepository()], port: 0, version: '1.2.3' })
    onTestFinished(() => server.close(0))
    const page = await open(server.url, { colorScheme, viewport: { width: 400, height: 800 } })
    await page.getByLabel('Issue', { exact: true }).fill('apply_discount')
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400)
  },
)

it('fits a window of 400 pixels: only code and timelines scroll sideways, inside themselves', async () => {
  for (const texts of [{ one: RUN }, { one: RUN, two: RUN }]) {
    const page = await open(await pageOf(texts, { gold: GOLD }), { viewport: { width: 400, height: 800 } })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400)
    await page.locator('.call').last().click()
    const panel = await page.locator('.panel').boundingBox()
    expect(panel).toMatchObject({ x: 0, width: 400 })
    expect(panel?.y).toBeGreaterThan(200)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400)
    const wide = await page.locator('.panel').evaluate((one) => one.scrollWidth - one.clientWidth)
    expect(wide).toBe(0)
    await page.getByRole('button', { name: 'Close' }).click()
    expect(await page.locator('.panel').count()).toBe(0)
  }
})

it('moves nothing if reduced motion is preferred', async () => {
  const url = await pageOf({ one: RUN })
  const moving = async (reducedMotion: 'reduce' | 'no-preference') => {
    const page = await open(url, { reducedMotion })
    return page.evaluate(`[...document.querySelectorAll('#app *')].filter((one) =>
      getComputedStyle(one).transitionDuration !== '0s' || getComputedStyle(one).animationName !== 'none').length`)
  }
  expect(await moving('reduce')).toBe(0)
  expect(await moving('no-preference')).toBeGreaterThan(0)
})

it('shows the focus on every element that keys reach, in the order of the page', async () => {
  const page = await open(await pageOf({ one: RUN }))
  const seen: string[] = []
  for (let key = 0; key < 60; key += 1) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(`(() => {
      const one = document.activeElement
      return one === document.body ? '' : getComputedStyle(one).outlineStyle + ' ' + one.className
    })()`)
    if (at === '') break
    seen.push(String(at))
  }
  expect(seen.filter((at) => !at.startsWith('solid') && !at.startsWith('auto'))).toEqual([])
  const places = ['term', 'link', 'call', 'close'].map((name) => seen.findIndex((at) => at.split(' ').includes(name)))
  expect(places).toEqual([...places].sort((a, b) => a - b))
  expect(places).not.toContain(-1)
})
