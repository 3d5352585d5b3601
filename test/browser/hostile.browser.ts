import { expect, it } from 'vitest'
import { pageOf, useBrowser } from '../support/browser.ts'
import { endLine, grepping, reading, trajectoryText, turnLine } from '../support/trajectories.ts'

const open = useBrowser()

/** Each would call `hacked` if it were taken for markup, script, style or an address. */
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
  `a article aside bdi button code dd details div dl dt g h1 h2 h3 h4 header li line main meter nav ol p path rect section
  span strong summary svg text title ul wbr`.split(/\s+/),
)

it.each(ATTEMPTS)('shows %j as text wherever it stands', async (attempt) => {
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
  const page = await open(await pageOf({ [attempt]: trajectoryText([turn], end, header) }, links))
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  await page.evaluate('window.hacked = () => { window.wasHacked = true }')
  const calls = page.locator('.call')
  for (let call = 0; call < told.length; call += 1) {
    await calls.nth(call).click()
    const parts = await page.locator('#app *').evaluateAll((all) =>
      all.map((one) => ({
        tag: one.tagName.toLowerCase(),
        handlers: one.getAttributeNames().filter((name: string) => name.startsWith('on')),
        link: one.getAttribute('href'),
      })),
    )
    expect(parts.filter(({ tag, handlers }) => !KNOWN_TAGS.has(tag) || handlers.length > 0)).toEqual([])
    expect(parts.filter(({ link }) => link !== null && !link.startsWith('vscode://file/root/'))).toEqual([])
  }
  expect(await page.locator('head > *, body > *').evaluateAll((all) => all.map((one) => one.tagName))).toEqual(
    'META META META META META TITLE STYLE DIV NOSCRIPT SCRIPT SCRIPT'.split(' '),
  )
  expect(await page.evaluate('window.wasHacked')).toBeUndefined()
  expect(requests).toEqual([])
  const shown = attempt.replaceAll(/[\u2028-\u202e]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
  expect(await page.locator('.issue-text').innerText()).toBe(`Issue: ${shown}`)
})

it('runs no code that was put into the page, whatever put it there', async () => {
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
