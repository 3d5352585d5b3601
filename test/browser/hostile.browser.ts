import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { pageOf, pageWith, tipOf, useBrowser } from '../support/browser.ts'
import { toldEvaluation } from '../support/evaluation-data.ts'
import { temporaryFolder } from '../support/folder.ts'
import { toldTraining } from '../support/training-data.ts'
import { endLine, grepping, reading, trajectoryText, turnLine } from '../support/trajectories.ts'

const open = useBrowser()

/** Each would call `hacked` if it were treated as markup, script, style or an address. */
const ATTEMPTS = [
  '<script>hacked()</script>',
  '</script><script>hacked()</script>',
  '<!--<script>hacked()//--></script>',
  '</SCRIPT ><svg onload=hacked()>',
  '<img src=x onerror=hacked()>',
  '"><img src=x onerror=hacked()>',
  "' onmouseover='hacked()' autofocus onfocus='hacked()",
  '<svg><animate onbegin=hacked() attributeName=x dur=1s>',
  '<iframe srcdoc="<script>parent.hacked()</script>"></iframe>',
  '<a href="javascript:hacked()">click</a>',
  'javascript:hacked()',
  '</title><script>hacked()</script>',
  '</style><script>hacked()</script>',
  '<style>@import "https://example.org/x.css";</style>',
  '<base href="https://example.org/">',
  '<meta http-equiv="refresh" content="0;url=https://example.org/">',
  '<form action="https://example.org/"><button>send</button></form>',
  '\u2028hacked()\u2029//',
  '&lt;script&gt;hacked()&lt;/script&gt;',
  '{{constructor.constructor("hacked()")()}}${hacked()}',
  '<template><script>hacked()</script></template><math><mi xlink:href="javascript:hacked()">',
  '\u202e)(dekcah\u202c',
] as const

const KNOWN_TAGS = new Set(
  `a article aside bdi button circle code dd details div dl dt g h1 h2 h3 h4 header input label li line main meter nav ol option p
  path rect section select span strong summary svg table tbody td text th thead title tr tspan ul wbr`.split(/\s+/),
)

/** Elements that no page has, elements with code in an attribute, and links to other places than these. */
async function strangersOn(page: Page, links: readonly string[]): Promise<readonly string[]> {
  const parts = await page.locator('#app *').evaluateAll((all) =>
    all.map((one) => ({
      tag: one.tagName.toLowerCase(),
      handlers: one.getAttributeNames().filter((name: string) => name.startsWith('on')),
      link: one.getAttribute('href') ?? one.getAttribute('xlink:href'),
    })),
  )
  return parts
    .filter(
      ({ tag, handlers, link }) =>
        !KNOWN_TAGS.has(tag) ||
        handlers.length > 0 ||
        (link !== null && !links.some((begin) => link.startsWith(begin))),
    )
    .map((part) => JSON.stringify(part))
}

const HEAD_AND_BODY = 'META META META META META TITLE STYLE DIV NOSCRIPT SCRIPT SCRIPT'.split(' ')

/** Nothing was added to the page's frame, nothing ran, and there was no network request. */
async function expectUntouched(page: Page, requests: readonly string[]): Promise<void> {
  expect(await page.locator('head > *, body > *').evaluateAll((all) => all.map((one) => one.tagName))).toEqual(
    HEAD_AND_BODY,
  )
  expect(await page.evaluate('window.wasHacked')).toBeUndefined()
  expect(requests).toEqual([])
}

/** Opens a page that records what the attempts call. */
async function openWatched(url: string): Promise<{ page: Page; requests: readonly string[] }> {
  const page = await open(url)
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  await page.evaluate('window.hacked = () => { window.wasHacked = true }')
  return { page, requests }
}

/** A text as a page shows it: invisible characters appear as escapes. */
function shown(text: string): string {
  return text.replaceAll(/[\u2028-\u202e]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
}

it.each(ATTEMPTS)('shows %j as text everywhere', async (attempt) => {
  const path = `src/${attempt}.html`
  const told = [
    { ...grepping(attempt, path, [[1, attempt]]), gain: 1 },
    reading(path, [attempt, `"${attempt}"`]),
    {
      call: { tool: 'glob', arguments: { patterns: [attempt] } },
      observation: { ok: true, tool: 'glob', paths: [path], total: 1, notices: [], suggestions: [attempt], bytes: 1 },
    },
    {
      call: { tool: 'grep', arguments: { pattern: attempt } },
      observation: { ok: false, tool: 'grep', code: 'bad-pattern', message: attempt, bytes: 1 },
    },
  ]
  const turn = { ...turnLine(1, told), notes: [attempt] }
  const end = { ...endLine(path, attempt), failure: { code: 'x', message: attempt }, stoppedBy: 'policy-failed' }
  const header = {
    issue: `Issue: ${attempt}`,
    policy: attempt,
    repository: { name: attempt, commit: attempt },
    tool: { name: attempt, version: attempt },
  }
  const links = { editor: 'vscode://file{path}:{line}', root: `/root/${attempt}` }
  const { page, requests } = await openWatched(await pageOf({ [attempt]: trajectoryText([turn], end, header) }, links))
  const calls = page.locator('.call')
  for (let call = 0; call < told.length; call += 1) {
    await calls.nth(call).click()
    expect(await strangersOn(page, ['vscode://file/root/'])).toEqual([])
  }
  await expectUntouched(page, requests)
  expect(await page.locator('.issue-text').innerText()).toBe(`Issue: ${shown(attempt)}`)
})

it('shows all of them as text everywhere in the report of an evaluation', async () => {
  const all = ATTEMPTS.join(' ')
  const instances = ATTEMPTS.map((attempt, index) => ({
    id: attempt,
    repository: attempt,
    language: attempt,
    isRight: [index % 3 === 0 ? null : true, index % 2 === 0],
  }))
  const data = await toldEvaluation(instances, [all, ATTEMPTS[4]], temporaryFolder())
  const hostile = data.instances.map((instance) => ({
    ...instance,
    kinds: [instance.id],
    outcomes: instance.outcomes.map((outcome) =>
      outcome?.error == null ? outcome : { ...outcome, error: { code: instance.id, message: all } },
    ),
  }))
  const about = { title: all, commands: [all], facts: [[all, all] as const], notices: [all] }
  const { page, requests } = await openWatched(await pageWith({ ...data, ...about, instances: hostile }))
  for (const summary of await page.locator('summary').all()) await summary.click()
  await page.getByRole('button', { name: /^Show all 22 groups/ }).click()
  for (const by of ['language', 'issue-kind']) await page.getByLabel('by', { exact: true }).selectOption(by)
  await page.getByRole('button', { name: /^Show all \d+ in the table$/ }).click()
  await expect.poll(() => tipOf(page, '.scatter')).toContain('F1 ')
  expect(await strangersOn(page, ['#instance='])).toEqual([])
  await page.getByRole('button', { name: 'Show all', exact: true }).click()
  expect(await page.locator('.rows tbody th a').allInnerTexts()).toEqual(ATTEMPTS.map(shown))
  await page.locator('.rows tbody th a').first().click()
  for (const [index, attempt] of ATTEMPTS.entries()) {
    await page.locator('.summary').first().waitFor()
    expect(await page.locator('h1').first().innerText()).toBe(shown(attempt))
    expect(await strangersOn(page, ['#instance='])).toEqual([])
    if (index < ATTEMPTS.length - 1) await page.getByRole('button', { name: 'Next instance' }).click()
  }
  await expectUntouched(page, requests)
})

it('shows all of them as text everywhere in the report of a training', async () => {
  const all = ATTEMPTS.join(' ')
  const gain = { name: all, n: 1, before: all, after: all, difference: all, verdict: 'open' } as const
  const { page, requests } = await openWatched(
    await pageWith({
      ...toldTraining(),
      title: all,
      command: all,
      findings: [all],
      facts: [[all, all]],
      gains: [gain],
      skipped: ATTEMPTS.map((attempt) => ({ id: attempt, code: attempt, message: attempt })),
      skippedCount: ATTEMPTS.length,
    }),
  )
  for (const summary of await page.locator('summary').all()) await summary.click()
  expect(await strangersOn(page, [])).toEqual([])
  await expectUntouched(page, requests)
  const skipped = page.getByRole('region', { name: 'Samples that were skipped' }).locator('tbody tr')
  expect(await skipped.locator('td:first-child').allInnerTexts()).toEqual(ATTEMPTS.map(shown))
})

it('runs no code that was put into the page by any means', async () => {
  const url = await pageOf({ one: trajectoryText([], null) })
  const page = await open(url, { allowedErrors: /Trusted|Content Security Policy|unsafe-eval/ })
  const ways = {
    script: "document.body.append(Object.assign(document.createElement('script'), { text: 'window.wasHacked = 1' }))",
    markup: "document.body.innerHTML = '<img src=x onerror=window.wasHacked=1>'",
    handler: "document.body.setAttribute('onclick', 'window.wasHacked = 1'); document.body.click()",
    address: "location.href = 'javascript:void(window.wasHacked = 1)'",
    evaluated: "setTimeout(() => new Function('window.wasHacked = 1')())",
    request: "fetch('https://example.org/').then(() => { window.wasHacked = 1 }).catch(() => undefined)",
  }
  for (const [way, code] of Object.entries(ways)) {
    const refused = await page.evaluate(`(async () => {
      const refusals = []
      document.addEventListener('securitypolicyviolation', (event) => refusals.push(event.violatedDirective))
      try { ${code} } catch {}
      await new Promise((resolve) => setTimeout(resolve, 100))
      return refusals
    })()`)
    expect(refused, way).not.toEqual([])
    expect(await page.evaluate('window.wasHacked'), way).toBeUndefined()
  }
})
