// Hostile inputs of a soak run: paths, patterns and headers of known attacks, on this or other programs.
import { join } from 'node:path'

/** A tool call with a path or a pattern that should have no effect. */
export function hostileCall(random, tree) {
  const path = hostilePath(random, tree)
  return random.pick([
    { tool: 'read_file', arguments: { path } },
    { tool: 'glob', arguments: { patterns: [path] } },
    { tool: 'glob', arguments: { patterns: [`${path}/**`, '../**', '**/*secret*'] } },
    { tool: 'grep', arguments: { pattern: random.pick(['return', '.', '[^ -~]', path]), globs: [path] } },
    {
      tool: 'grep',
      arguments: { pattern: random.pick(['--pre=cat', '-f../outside/secret.py', '(', '\\', '(a*)*b', '\0']) },
    },
    { tool: random.pick(['exec', '__proto__', 'constructor', '']), arguments: { path } },
  ])
}

/** A path that leads out, to git's own files, in circles or nowhere. */
export function hostilePath(random, tree) {
  const secret = join(tree.outside, 'secret.py')
  return random.pick([
    secret,
    tree.outside,
    '..',
    '../outside',
    '../outside/secret.py',
    'shop/../../outside/secret.py',
    '/',
    '/etc/passwd',
    'link.py',
    'linked',
    'linked/secret.py',
    'chain/secret.py',
    'shop/up/outside/secret.py',
    'shop/relative.py',

    'environment',
    '/proc/self/environ',
    'loop',
    'here/here/link.py',
    'pipe.py',
    './/../outside',
    'shop\0/../../outside',

    '%2e%2e/outside/secret.py',
    '..\\outside\\secret.py',
    `file://${secret}`,
    '~',
    '-',
    '--pre=sh',
    '{..,x}/outside/*',

    '{,../outside/}secret.py',
    '*/../../outside/*',
    `${'../'.repeat(40)}etc/passwd`,
    'names/two\nlines.py',
    '.git',
    '.git/config',
    './.git/secret.py',
    'shop/../.git',
    '.GIT/config',
    '.git./config',
    'GIT~1/config',
    'nested/.git',
    'nested/.git/config',
    'records',
    'records/config',
    join(tree.root, '.git'),
    random.text(30),
  ])
}

/** Globs that take exponential time in some matcher, or that it doesn't accept. */
const GLOBS = [
  '(?:([a-z/.-]+)+)zz',
  'x\\\\\\\\',
  '*a*a*a*a*ab',
  '**/**/**/**/**/**/**/x',
  '{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}x',
  '{{{{{{{{{{a,b},c},d},e},f},g},h},i},j},k}',
  '+(+(+(+(a)))))b',
  '!(!(!(a*)*)*)',
  '*(a|aa|aaa|aaaa)*(a|aa)b',
  '[[[[[[',
  '[!]a-]',
  '[z-a]',
  '[a-\uffff]*',
  '{1..1000000000}',
  '{a,{b,{c,{d',
  '}}}}',
  '!',
  '!!!!a',
  '\\',
  '@(a)?(b)*(c)',
  '#x',
  '/**/',
  '.git/**',
  '{.git,x}/config',
  '.[g]it/*',
  '**/.git/**',
]

const REGEXES = [
  '(a*)*b',
  '(a|aa)+$',
  '(?:a?){64}a{64}',
  '(?:.{1,200}){1,200}x',
  '\\w{1,1000}\\w{1,1000}',
  '(?i)(?:[a-z]+)+!',
  '(?P<x>a)(?P=x)',
  '(?<=a)b',
  '[[:alpha:]&&[^a]]{500}',
  '\\p{L}{1,99}\\p{N}{1,99}$',
  '(((((((((((((((((((((((((a)))))))))))))))))))))))))',
  '\\',
  '(',
  '[',
  '\\x{110000}',
  '^$',
  '',
]

const PIECES = [
  '*',
  '**',
  '?',
  '[',
  ']',
  '{',
  '}',
  ',',
  '(',
  ')',
  '|',
  '!',
  '+',
  '@',
  '\\',
  '/',
  '.',
  '-',
  'a',
  'b',
  '..',
  '^',
  '$',
  '\u00e9',
]

/** A call whose globs or expression are hard for a matcher. */
export function patternCall(random) {
  const length = random.pick([3, 10, 40, 400])
  const drawn = Array.from({ length }, () => random.pick(PIECES)).join('')
  const glob = random.chance(0.5) ? random.pick(GLOBS) : drawn
  const repeated = random.chance(0.1)
    ? random.pick(['*a', 'a*', '?', '{a,b}', '(', '[', '\\', '**/']).repeat(500)
    : glob
  return random.pick([
    { tool: 'glob', arguments: { patterns: [repeated] } },
    { tool: 'glob', arguments: { patterns: Array.from({ length: 20 }, () => random.pick(GLOBS)) } },
    { tool: 'grep', arguments: { pattern: 'discount', globs: [repeated] } },
    {
      tool: 'grep',
      arguments: { pattern: random.chance(0.7) ? random.pick(REGEXES) : drawn, context: random.below(3) },
    },
    { tool: 'grep', arguments: { pattern: random.pick(REGEXES), multiline: true, mode: 'counts' } },
  ])
}

/** Each pattern once, so that none depends on luck. */
export function allPatternCalls() {
  return [
    ...GLOBS.flatMap((glob) => [
      { tool: 'glob', arguments: { patterns: [glob] } },
      { tool: 'grep', arguments: { pattern: 'discount', globs: [glob] } },
    ]),
    ...REGEXES.map((pattern) => ({ tool: 'grep', arguments: { pattern } })),
  ]
}

/** Headers of a request from another site, or meant for another server. */
export const FOREIGN_HEADERS = [
  { host: 'evil.example' },
  { host: 'localhost.evil' },
  { host: 'localhost\\.evil.example' },
  { host: 'localhost@evil.example' },
  { host: 'evil.example#localhost' },
  { host: 'localhost.' },
  { host: 'localhost:99999' },
  { host: '127.1' },
  { host: '2130706433' },
  { host: '[::1]evil.example' },
  { host: '0.0.0.0' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'http://localhost@evil.example' },
  { origin: 'http://localhost.evil.example' },
  { origin: 'file://localhost' },
]

/** Hand-written requests with headers that no client library sends. */
export const FOREIGN_BYTES = [
  'POST /PATH HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}',
  'POST /PATH HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}',
  'POST http://evil.example/PATH HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}',
  'POST http://localhost@evil.example/PATH HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}',
  'POST /PATH HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}',
  'POST /PATH HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: https://evil.example\r\nContent-Length: 2\r\n\r\n{}',
  'POST /PATH HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\nContent-Length: 2\r\n\r\n{}',
]
