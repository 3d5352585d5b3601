import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FACES, type Face, type RawRequest, sendRaw } from './support/faces.ts'
import { SHOP, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'
import { PATIENCE_MS } from './support/patience.ts'

const TOKEN = 'a-token-of-good-length'
const HOST = ['Host', 'localhost'] as const

type Header = readonly [string, string]
/** The changes of a good request to this machine; `headers` come before its own. */
interface Change {
  readonly headers?: readonly Header[]
  /** Before the target of the good request. */
  readonly origin?: string
  readonly version?: string
}

function changed(good: RawRequest, { headers = [HOST], origin = '' }: Change): RawRequest {
  return { ...good, target: `${origin}${good.target}`, headers: [...headers, ...good.headers] }
}

async function statuses(face: Face, port: number, rows: readonly (readonly [Change, number])[]): Promise<void> {
  for (const [change, status] of rows) {
    const answer = await sendRaw(port, changed(face.good, change), change.version)
    // 200 stands for this server's answer to a good request.
    expect(answer.status, `${JSON.stringify(change)}: ${answer.text}`).toBe(status === 200 ? face.status : status)
  }
}

const host = (...names: string[]): Change => ({ headers: names.map((name): Header => ['Host', name]) })
const origin = (text: string): Change => ({ headers: [HOST, ['Origin', text]] })
const bearer = (...texts: string[]): Change => ({
  headers: [HOST, ...texts.map((text): Header => ['Authorization', text])],
})

const OWN_HOSTS = [
  'localhost',
  'LocalHost',
  'localhost:1',
  '127.0.0.1:65535',
  '[::1]',
  '[::1]:80',
  'build.example.org',
  'BUILD.example.org:443',
  'xn--bcher-kva.example',
]

const FOREIGN_HOSTS = [
  '',
  'evil.example',
  'localhost.evil.example',
  String.raw`localhost\.evil.example`,
  String.raw`localhost\@evil.example`,
  'evil.example/localhost',
  'localhost/evil.example',
  'localhost?evil.example',
  'evil.example#localhost',
  'localhost#',
  'localhost@evil.example',
  'user:password@localhost',
  '@localhost',
  'localhost.',
  '127.0.0.1.',
  '.localhost',
  'localhost:',
  'localhost:80:80',
  'localhost:65536',
  'localhost:-1',
  'localhost:8o',
  'localhost, evil.example',
  'localhost evil.example',
  'localhost;evil.example',
  'http://localhost',
  '//localhost',
  '%6cocalhost',
  'l\u00f6calhost',
  '\u00efocalhost',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '127.0.0.2',
  '::1',
  '[::1',
  '::1]',
  '[::1]evil.example',
  'evil.example[::1]',
  '[::ffff:127.0.0.1]',
  '[0:0:0:0:0:0:0:1]',
  '[::1%25lo]',
  '[::1.]',
  '0.0.0.0',
  '*',
  'build.example.org.evil.example',
  'build-example.org',
  'example.org',
]

describe.each(FACES)('$name', (face) => {
  it('answers only requests to its own names', async () => {
    const { port } = await face.start({ allowedHosts: ['Build.Example.org', 'b\u00fccher.example'] })
    await statuses(face, port, [
      ...OWN_HOSTS.map((name) => [host(name), 200] as const),
      ...FOREIGN_HOSTS.map((name) => [host(name), 403] as const),
      [host('localhost', 'evil.example'), 403],
      [host('evil.example', 'localhost'), 403],
      [host('localhost', 'localhost'), 403],
      [{ headers: [], version: '1.0' }, 403],
      [{ headers: [HOST, ['X-Forwarded-Host', 'evil.example']] }, 200],
      [
        {
          headers: [
            ['Host', 'evil.example'],
            ['X-Forwarded-Host', 'localhost'],
          ],
        },
        403,
      ],
      [
        {
          headers: [
            ['Host', 'evil.example'],
            ['Forwarded', 'host=localhost'],
          ],
        },
        403,
      ],
    ])
  })

  it('checks the target if that names a server', async () => {
    const { port } = await face.start()
    await statuses(face, port, [
      [{ origin: 'http://localhost' }, 200],
      [{ origin: 'http://127.0.0.1:80' }, 200],
      [{ origin: 'http://evil.example' }, 403],
      [{ origin: 'https://evil.example' }, 403],
      [{ origin: 'HTTP://evil.example' }, 403],
      [{ origin: 'http://localhost@evil.example' }, 403],
      // Node itself rejects such a target.
      [{ origin: String.raw`http://localhost\.evil.example` }, 400],
      [{ origin: 'http://localhost.' }, 403],
      [{ origin: 'http://' }, 403],
      [{ ...host('evil.example'), origin: 'http://localhost' }, 403],
    ])
  })

  it('answers only pages of its own names', async () => {
    const { port } = await face.start({ allowedHosts: ['build.example.org'] })
    const foreign = FOREIGN_HOSTS.filter((name) => !name.startsWith('http')).map((name) => `http://${name}`)
    await statuses(face, port, [
      ...['http://localhost:3000', 'https://localhost', 'http://[::1]:3000', 'https://build.example.org'].map(
        (text) => [origin(text), 200] as const,
      ),
      ...[
        'null',
        '',
        'localhost',
        'file://localhost',
        'chrome-extension://localhost',
        'https:localhost',
        ...foreign,
      ].map((text) => [origin(text), 403] as const),
      [origin('http://localhost/'), 403],
      [{ headers: [HOST, ['Origin', 'http://localhost'], ['Origin', 'https://evil.example']] }, 403],
    ])
  })

  it('requires its token, in exactly one header', async () => {
    const { port } = await face.start({ token: TOKEN })
    await statuses(face, port, [
      [bearer(`Bearer ${TOKEN}`), 200],
      [bearer(`bearer   ${TOKEN}`), 200],
      [bearer(), 401],
      [bearer(''), 401],
      [bearer('Bearer'), 401],
      [bearer(TOKEN), 401],
      [bearer(`Basic ${TOKEN}`), 401],
      [bearer(`Bearer ${TOKEN}x`), 401],
      [bearer(`Bearer ${TOKEN.slice(0, -1)}`), 401],
      [bearer(`Bearer ${TOKEN.toUpperCase()}`), 401],
      [bearer(`Bearer ${TOKEN} x`), 401],
      [bearer(`Bearer "${TOKEN}"`), 401],
      [bearer('Bearer wrong', `Bearer ${TOKEN}`), 401],
      [{ headers: [HOST, ['X-Authorization', `Bearer ${TOKEN}`]] }, 401],
      [
        {
          headers: [
            ['Host', 'evil.example'],
            ['Authorization', `Bearer ${TOKEN}`],
          ],
        },
        403,
      ],
    ])
    const refused = await sendRaw(port, changed(face.good, {}))
    expect(refused.text).toMatch(/^www-authenticate: Bearer\r$/im)
    expect(refused.text.slice(refused.text.indexOf('\r\n\r\n'))).toContain('Send the token of this server')
    const inTarget = { ...face.good, target: `${face.good.target}?token=${TOKEN}` }
    expect((await sendRaw(port, changed(inTarget, {}))).status).toBe(401)
  })

  it('listens for other machines only with a token, which no name can replace', async () => {
    for (const open of ['0.0.0.0', '::', 'example.org', '127.evil.example', '128.0.0.1', '']) {
      await expect(face.start({ host: open })).rejects.toThrow('Set FUSESEARCH_TOKEN')
    }
    const { port } = await face.start({ host: '0.0.0.0', token: TOKEN })
    const authorization: Header = ['Authorization', `Bearer ${TOKEN}`]
    await statuses(face, port, [
      [{ headers: [['Host', 'anything.example'], authorization] }, 200],
      [{ headers: [['Host', 'localhost']] }, 401],
    ])
  })

  it.each([
    ['a token of one character', { token: 'x' }, 'shorter than 16'],
    ['a token of 15 characters', { token: 'x'.repeat(15) }, 'shorter than 16'],
    ['a token with a line end', { token: `${TOKEN}\n` }, 'No header carries it'],
    ['a token beyond ASCII', { token: `${TOKEN}\u00e4` }, 'No header carries it'],
    ['a token of blanks', { token: ' '.repeat(20) }, 'No header carries it'],
    ['an allowed name with a scheme', { allowedHosts: ['https://build.example.org'] }, 'is no host name'],
    ['an allowed name with a path', { allowedHosts: ['build.example.org/x'] }, 'is no host name'],
    ['an allowed name that is a pattern', { allowedHosts: ['*.example.org'] }, 'is no host name'],
    ['an address that is not its own', { host: '192.0.2.1', token: TOKEN }, "Can't listen on"],
  ])('does not start with %s', async (_name, options, reason) => {
    await expect(face.start(options)).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining(reason) as string,
    })
  })

  it("refuses targets that aren't paths", async () => {
    const { port } = await face.start()
    const asked = changed({ method: 'OPTIONS', target: '*', headers: [], body: '' }, {})
    expect((await sendRaw(port, asked)).status).toBe(400)
    const tunnel = await sendRaw(port, { ...asked, method: 'CONNECT', target: 'evil.example:443' })
    expect(tunnel.status).not.toBe(200)
  })
})

it.each(FACES.filter(({ status }) => status === 200))('$name refuses a body that is too large', async (face) => {
  const { port } = await face.start()
  const body = `"${'x'.repeat(8_000_001)}"`
  expect((await sendRaw(port, changed({ ...face.good, body }, {}))).status).toBe(413)
  const chunked = { ...face.good, headers: [...face.good.headers, ['Transfer-Encoding', 'chunked'] as const] }
  const piece = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
  const request = changed({ ...chunked, body: '' }, {})
  expect((await sendRaw(port, { ...request, tail: piece })).status).toBe(413)
})

it.each(FACES)('$name ends although a client has sent half a request', async (face) => {
  const { port, stop } = await face.start()
  const half = connect(port, '127.0.0.1', () =>
    half.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n'),
  )
  await once(half, 'connect')
  const silent = connect(port, '127.0.0.1')
  await once(silent, 'connect')
  for (const socket of [half, silent]) socket.on('error', () => undefined)
  const started = performance.now()
  await stop()
  expect(performance.now() - started).toBeLessThan(PATIENCE_MS)
})

describe.each(FACES.filter(({ name }) => name === 'HTTP' || name === 'MCP'))('$name', (face) => {
  const ask = async (port: number, repository: string): Promise<string> => {
    const given = { repository, calls: [{ tool: 'glob', arguments: { patterns: ['**'] } }] }
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'search', arguments: given } }
    const body = JSON.stringify(face.name === 'HTTP' ? given : call)
    return (await sendRaw(port, changed({ ...face.good, body }, {}))).text
  }

  it('searches below its roots, and nothing of git', async () => {
    const root = tinyRepository({ ...SHOP, '.github/ci.yml': 'a: 1\n', 'inner/x.py': 'x = 1\n' })
    const outside = writeFiles(temporaryFolder(), { 'canary.txt': 'canary\n' })
    writeFiles(root, { '.git/canary.txt': 'canary\n', 'inner/.git/canary.txt': 'canary\n' })
    const links = { records: '.git', hooks: 'inner/.git/../.git', out: outside, round: join(root, '.git') }
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name))
    const { port } = await face.start({ roots: [root] })
    for (const good of ['.', 'shop', '.github', root, `${root}/inner`]) {
      expect(await ask(port, good), good).toMatch(/^HTTP\/1\.1 200/)
      expect(await ask(port, good), good).not.toMatch(/isError":true/)
    }
    const refused = [
      '.git',
      '.git/',
      './.git',
      'shop/../.git',
      '.git/hooks',
      '.git/../.git',
      `${root}/.git`,
      'inner/.git',
    ]
    const other = [
      '.GIT',
      '.git.',
      'GIT~1',
      '.git/nothing',
      'records',
      'hooks',
      'round',
      'out',
      outside,
      '..',
      '/',
      '\0',
    ]
    for (const bad of [...refused, ...other]) {
      const text = await ask(port, bad)
      expect(text, bad).not.toContain('canary')
      expect(text, bad).toMatch(face.name === 'HTTP' ? /^HTTP\/1\.1 40[034]/ : /isError":true/)
    }
  })

  it.each(['.git', '.git/hooks'])('does not start with the root %s', async (path) => {
    const root = join(tinyRepository(), path)
    await expect(face.start({ roots: [root] })).rejects.toMatchObject({ code: 'bad-argument' })
  })
})
