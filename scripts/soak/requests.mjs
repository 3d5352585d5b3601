// The requests of a soak run: good, hostile and broken ones, drawn by a seed.
import { allPatternCalls, FOREIGN_BYTES, FOREIGN_HEADERS, hostileCall, hostilePath, patternCall } from './hostile.mjs'
import { PIPED } from './tree.mjs'

const ISSUES = [
  'Cart.apply_discount ignores the percent when the cart is empty',
  'checkout in shop/views.py gives a wrong total',
  'applyDiscount is never called',
  '../outside/secret.py: apply_discount returns the secret; see linked/secret.py and link.py',
  '\0\u202e '.repeat(50),
]
/** Invalid before anything is searched. */
const BROKEN_BODIES = [
  '',
  '{',
  'null',
  '[]',
  '[[]]',
  '"a"',
  '{"issue":',
  '{"calls":1}',
  '\uFEFF{}',
  '{"__proto__":{"a":1}}',
]
const REFUSED = [400, 403, 404, 405, 406, 413, 415]
const TOO_LARGE = 9_000_000
const DEPTH = 20_000
/** A pattern may take this long, with all the other requests in parallel. */
const PATTERN_MS = 20_000

/** One request: its route, its kind, the accepted statuses, and whether its client disconnects early. */
export function drawRequest(random, tree) {
  const server = random.pick(['serve', 'mcp'])
  const kind = random.pick(KINDS)
  const request = { server, kind, ...MAKERS[kind]({ random, tree, server }) }
  return random.chance(0.2) ? { ...request, abortAfterMs: random.below(60) } : request
}

/** Loads code and grammars before the start level is measured; must always be answered. */
export function warmRequests(tree) {
  const random = { pick: ([first]) => first, below: () => 0, chance: () => false, text: () => '' }
  return ['serve', 'mcp'].flatMap((server) =>
    ['locate', 'search'].map((kind) => ({ server, kind, ...MAKERS[kind]({ random, tree, server }) })),
  )
}

/** Every pattern alone, and folders with pipes in them: to both servers. */
export function hardRequests() {
  const givens = [
    ...allPatternCalls().map((call) => ({ kind: 'pattern', given: { calls: [call] } })),
    ...Object.keys(PIPED).flatMap((repository) => [
      { kind: 'pipes', given: { calls: CALLS, repository } },
      { kind: 'pipes', given: { issue: ISSUES[0], repository } },
    ]),
  ]
  return givens.flatMap(({ kind, given }) => {
    const name = 'issue' in given ? 'locate' : 'search'
    const both = { kind, statuses: [200, ...REFUSED], withinMs: PATTERN_MS }
    return [
      { server: 'serve', ...post(`/v1/${name}`, given), ...both },
      { server: 'mcp', ...callTool(name, given), ...both },
    ]
  })
}

/** Requests to a folder that is exchanged for a link in a loop: nothing behind the link may be shown. */
export function drawSwapped(random) {
  const server = random.pick(['serve', 'mcp'])
  const paths = ['inner/secret.py', 'inner/deep/secret.py']
  const calls = [
    { tool: 'read_file', arguments: { path: random.pick(paths) } },
    { tool: 'grep', arguments: { pattern: 'apply_discount', context: 3 } },
    { tool: 'glob', arguments: { patterns: ['**/*.py'] } },
  ]
  const repository = random.pick(['swapped', 'swapped/inner'])
  const isLocate = random.chance(0.3)
  const given = isLocate ? { issue: ISSUES[0], repository } : { calls, repository }
  const name = isLocate ? 'locate' : 'search'
  const request = server === 'mcp' ? callTool(name, given) : post(`/v1/${name}`, given)
  return { server, kind: 'swapped', ...request, statuses: [200, ...REFUSED] }
}

/** Requests without a token or from another site, to a server whose routes don't matter here. */
export function drawForeign(random, server) {
  return { kind: 'foreign', ...MAKERS.foreign({ random, server }), server }
}

const MAKERS = {
  locate: ({ random, server }) => {
    const [stream, issue] = [random.chance(0.5), random.pick(ISSUES)]
    const body = { issue }
    const request = server === 'mcp' ? callTool('locate', body) : post('/v1/locate', body)
    if (stream) request.headers.accept = 'application/json, text/event-stream'
    if (issue === ISSUES[0]) return { ...request, statuses: [200], mustShow: 'shop/cart.py' }
    // An issue without a word to search for is rightly refused.
    return { ...request, statuses: [200, 400] }
  },
  search: ({ random, server }) => {
    const calls = Array.from({ length: 1 + random.below(4) }, () => random.pick(CALLS))
    const request = server === 'mcp' ? callTool('search', { calls }) : post('/v1/search', { calls })
    return { ...request, statuses: [200], mustShow: server === 'mcp' ? '"results"' : '"observations"' }
  },
  hostileCall: ({ random, server, tree }) => {
    const calls = Array.from({ length: 1 + random.below(4) }, () => hostileCall(random, tree))
    const request = server === 'mcp' ? callTool('search', { calls }) : post('/v1/search', { calls })
    return { ...request, statuses: [200, ...REFUSED] }
  },
  hostileRepository: ({ random, server, tree }) => {
    const repository = hostilePath(random, tree)
    const body = random.chance(0.5) ? { issue: ISSUES[0], repository } : { calls: [CALLS[0]], repository }
    const name = 'issue' in body ? 'locate' : 'search'
    const request = server === 'mcp' ? callTool(name, body) : post(`/v1/${name}`, body)
    return { ...request, statuses: [200, ...REFUSED] }
  },
  brokenBody: ({ random, server }) => {
    const deep = random.chance(0.1) ? `{"issue":${'['.repeat(DEPTH)}` : undefined
    const body = deep ?? (random.chance(0.5) ? random.pick(BROKEN_BODIES) : random.text(random.below(200)))
    return { ...post(server === 'mcp' ? '/mcp' : '/v1/locate', body), statuses: REFUSED }
  },
  wrongShape: ({ random, server }) => {
    const value = random.pick([null, 1, [], {}, '', true, 1e308, 'x'.repeat(20_000)])
    const body = random.pick([
      { issue: value, calls: value },
      { calls: [value] },
      { calls: [{ tool: value, arguments: value }] },
    ])
    if (server === 'serve') return { ...post('/v1/search', body), statuses: [200, ...REFUSED] }
    const call = random.chance(0.5) ? callTool('search', body) : callTool(value, value)
    return { ...call, statuses: [200, ...REFUSED] }
  },
  wrongRoute: ({ random }) => ({
    method: random.pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']),
    path: random.pick([
      '/../../etc/passwd',
      '/v1/%2e%2e/%2e%2e/secret.py',
      '/outside/secret.py',
      '//secret.py',
      '/%00',
      '/x?y=%',
    ]),
    headers: {},
    body: '',
    statuses: REFUSED,
  }),
  pattern: ({ random, server }) => {
    const calls = Array.from({ length: 1 + random.below(3) }, () => patternCall(random))
    const request = server === 'mcp' ? callTool('search', { calls }) : post('/v1/search', { calls })
    return { ...request, statuses: [200, ...REFUSED], withinMs: PATTERN_MS }
  },
  foreign: ({ random, server }) => {
    const path = server === 'mcp' ? 'mcp' : 'v1/search'
    if (random.chance(0.3)) return { raw: random.pick(FOREIGN_BYTES).replace('PATH', path), statuses: [403] }
    const { headers, ...request } = post(`/${path}`, { calls: CALLS })
    return { ...request, headers: { ...headers, ...random.pick(FOREIGN_HEADERS) }, statuses: [403] }
  },
  tooLarge: ({ random, server }) => {
    // Rare, because each sends megabytes.
    const size = random.chance(0.1) ? TOO_LARGE : 1_100_000
    const body = { issue: 'x'.repeat(size) }
    const request = server === 'mcp' ? callTool('locate', body) : post('/v1/locate', body)
    return { ...request, statuses: [200, ...REFUSED], mayBeCut: true }
  },
  facts: ({ random, server }) =>
    server === 'mcp'
      ? { ...rpc(random.pick(['tools/list', 'ping', 'nothing/such'])), statuses: [200, ...REFUSED] }
      : {
          method: 'GET',
          path: random.pick(['/health', '/metrics', '/openapi.json']),
          headers: {},
          body: '',
          statuses: [200],
        },
  // Bytes that aren't HTTP, or HTTP that announces less or more than it sends.
  raw: ({ random }) => ({
    raw: random.pick([
      random.text(1 + random.below(300)),
      'GET / HTTP/9.9\r\n\r\n',
      'POST /v1/locate HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"jsonrpc"',
      'POST /v1/search HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzz\r\n',
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(50_000)}\r\n\r\n`,
    ]),
  }),
}

const KINDS = [
  'locate',
  'search',
  'search',
  'hostileCall',
  'hostileCall',
  'hostileRepository',
  'hostileRepository',
  'pattern',
  'pattern',
  'brokenBody',
  'wrongShape',
  'wrongRoute',
  'foreign',
  'tooLarge',
  'facts',
  'raw',
]

const CALLS = [
  { tool: 'grep', arguments: { pattern: 'apply_?[dD]iscount' } },
  { tool: 'grep', arguments: { pattern: '.', mode: 'counts' } },
  { tool: 'glob', arguments: { patterns: ['**'] } },
  { tool: 'read_file', arguments: { path: 'shop/cart.py' } },
]

function callTool(name, given) {
  return rpc('tools/call', { name, arguments: given })
}

function rpc(method, params) {
  const request = post('/mcp', { jsonrpc: '2.0', id: 1, method, params })
  request.headers.accept = 'application/json, text/event-stream'
  return request
}

function post(path, body) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { method: 'POST', path, headers: { 'content-type': 'application/json' }, body: text }
}
