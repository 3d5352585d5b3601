import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { parseTrajectory } from '../../packages/fusesearch/src/agent/index.ts'
import { type HttpServer, type HttpServerOptions, startHttpServer } from '../../packages/fusesearch/src/serve/index.ts'
import { useBrowser } from '../support/browser.ts'
import { SHOP_ISSUE, tinyRepository } from '../support/folder.ts'

const open = useBrowser()

async function serve(options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await startHttpServer({ roots: [tinyRepository()], port: 0, version: '1.2.3', ...options })
  onTestFinished(() => server.close(0))
  return server
}

it('searches for an issue, shows its turns and the place, and offers the trajectory for download', async () => {
  const server = await serve({ editor: 'vscode://file{path}:{line}' })
  const page = await open(server.url)
  await page.getByLabel('Issue', { exact: true }).fill(SHOP_ISSUE)
  await page.getByRole('button', { name: 'Search' }).click()
  const answer = page.getByRole('region', { name: 'Answer' })
  const first = answer.locator('.answer-file a').first()
  await first.waitFor()
  expect(await first.innerText()).toBe('shop/cart.py')
  expect(await first.getAttribute('href')).toBe(`vscode://file${server.roots[0]}/shop/cart.py:1`)
  expect(await page.locator('.state').innerText()).toBe('answered')
  // The first function of the answer, with its code, is shown without a click.
  await page.locator('.panel .line.target').waitFor()
  expect(await page.locator('.panel .code').first().innerText()).toContain('def apply_discount')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the trajectory of embedded' }).click(),
  ])
  const trajectory = await parseTrajectory(readFileSync(await download.path(), 'utf8'))
  expect(trajectory).toMatchObject({ complete: true, header: { full: true, issue: SHOP_ISSUE, policy: 'embedded' } })
})

it('runs several policies at once and shows them side by side', async () => {
  const page = await open((await serve()).url)
  await page.getByLabel('Issue', { exact: true }).fill(SHOP_ISSUE)
  await page.getByLabel('sequential, one call per turn').check()
  await page.keyboard.press('Control+Enter')
  await page.getByRole('button', { name: 'Download the trajectory of sequential' }).waitFor()
  await page.getByRole('button', { name: 'Download the trajectory of embedded' }).waitFor()
  expect(await page.locator('.summary h3').allInnerTexts()).toEqual(['embedded', 'sequential'])
  expect(await page.locator('.answer-file').count()).toBeGreaterThan(1)
})

it('shows the calls of a turn while they run, and then what they showed', async () => {
  const held = await holdAfter('calls', await serve())
  const page = await open(held.url)
  await page.getByLabel('Issue', { exact: true }).fill(SHOP_ISSUE)
  await page.getByRole('button', { name: 'Search' }).click()
  const running = page.getByRole('region', { name: 'Turn 1 of embedded, running' })
  await running.waitFor()
  const calls = await running.locator('.call').count()
  expect(calls).toBeGreaterThan(1)
  expect(await running.locator('header').innerText()).toMatch(new RegExp(`^Turn 1\\s+${calls} calls running`))
  expect(await page.locator('.timeline rect.running').count()).toBe(calls)
  expect(await page.getByRole('status').innerText()).toBe(`Searching: 0 turns so far, ${calls} calls running…`)
  const asked = await running.locator('.asked').allInnerTexts()
  held.release()
  await page.locator('.answer-file').first().waitFor()
  expect(await page.locator('.running').count()).toBe(0)
  const first = page.getByRole('region', { name: 'Turn 1 of embedded', exact: true })
  expect(await first.locator('.asked').allInnerTexts()).toEqual(asked)
})

/** A relay to the server that holds back what comes after the first event with this name. */
async function holdAfter(event: string, server: HttpServer): Promise<{ url: string; release: () => void }> {
  const gate = new AbortController()
  const released = once(gate.signal, 'abort')
  const release = (): void => gate.abort()
  const { host, origin } = new URL(server.url)
  const relay = createServer((asked, answer) => {
    const headers = { ...asked.headers, host, ...(asked.headers.origin === undefined ? {} : { origin }) }
    const onward = request(`${server.url}${asked.url}`, { method: asked.method ?? 'GET', headers }, async (told) => {
      answer.writeHead(told.statusCode ?? 500, told.headers)
      for await (const chunk of told) {
        answer.write(chunk)
        if (String(chunk).includes(`event: ${event}\n`)) await released
      }
      answer.end()
    })
    asked.pipe(onward)
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    release()
    relay.closeAllConnections()
    relay.close()
  })
  return { url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`, release }
}

it("shows the server's message if it refuses, and can search again after that", async () => {
  const page = await open((await serve()).url, { allowedErrors: /status of 40/ })
  await page.getByLabel('Issue', { exact: true }).fill('https://example.org/issue/1')
  await page.getByRole('button', { name: 'Search' }).click()
  expect(await page.getByRole('alert').innerText()).toMatch(/^embedded: .*address/s)
  await page.getByLabel('Issue', { exact: true }).fill(SHOP_ISSUE)
  await page.getByLabel('Only in this folder of it').fill('shop')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.locator('.answer-file').first().waitFor()
  expect(await page.getByRole('alert').count()).toBe(0)
})

it('asks for the token of a server that has one, and shows no root without it', async () => {
  const server = await serve({ token: 'a-token-of-this-test' })
  const page = await open(server.url, { allowedErrors: /status of 401/ })
  await page.getByLabel('Token of this server').fill('another-token-than-this')
  await page.getByRole('button', { name: 'Go on' }).click()
  expect(await page.getByRole('alert').innerText()).toContain("doesn't take this token")
  expect(await page.content()).not.toContain(server.roots[0])
  await page.getByLabel('Token of this server').fill('a-token-of-this-test')
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByLabel('Issue', { exact: true }).fill(SHOP_ISSUE)
  await page.getByRole('button', { name: 'Search' }).click()
  await page.locator('.answer-file').first().waitFor()
})

it('shows text of a repository as text', async () => {
  const attack = '<img src=x onerror="window.wasHacked=1">'
  const files = {
    [`shop/${attack.replaceAll('/', '')}.py`]: `def apply_discount():\n    return '${attack}</script>'\n`,
  }
  const page = await open((await serve({ roots: [tinyRepository(files)] })).url)
  await page.getByLabel('Issue', { exact: true }).fill(`apply_discount returns ${attack}`)
  await page.getByRole('button', { name: 'Search' }).click()
  await page.locator('.panel .line.target').waitFor()
  expect(await page.locator('.panel .code').first().innerText()).toContain(attack)
  expect(await page.locator('img').count()).toBe(0)
  expect(await page.evaluate('window.wasHacked')).toBeUndefined()
})

it('stops a search on request', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 3_000 }, (_, number) => [`src/part_${number}.py`, `def part_${number}(): pass\n`.repeat(200)]),
  )
  const server = await serve({ roots: [tinyRepository(many)] })
  // Without the relay a fast machine may have answered before the click.
  const page = await open((await holdAfter('calls', server)).url)
  await page.getByLabel('Issue', { exact: true }).fill('part_7 passes where part_8 should fail')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' })
  expect(await page.getByRole('alert').count()).toBe(0)
  await expect
    .poll(async () => (await (await fetch(`${server.url}/metrics`)).text()).includes('searches_running 0'))
    .toBe(true)
})
