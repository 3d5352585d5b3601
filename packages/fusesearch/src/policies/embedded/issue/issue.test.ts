import { describe, expect, test } from 'vitest'
import { splitFields } from './fields.ts'
import { findFrames } from './frames.ts'
import { readIssue } from './index.ts'
import { cleanPath, findPaths } from './mentions.ts'
import { splitIdentifier, stem } from './words.ts'

describe('words', () => {
  test.each([
    ['parseHTTPUrl2', ['parse', 'http', 'url']],
    ['__init__', ['init']],
    ['separability_matrix', ['separability', 'matrix']],
    ['x', []],
  ])('%s splits into %j', (identifier, parts) => {
    expect(splitIdentifier(identifier)).toEqual(parts)
  })

  test.each([
    ['templates', 'templat'],
    ['caching', 'cach'],
    ['cached', 'cach'],
    ['cities', 'citi'],
    ['user', 'user'],
  ])('%s has the stem %s', (word, expected) => {
    expect(stem(word)).toBe(expected)
  })
})

describe('fields', () => {
  test('fences, prompts, inline code and prose are told apart, comments and versions dropped', () => {
    const issue = [
      '# `Foo` breaks',
      '<!-- do not delete -->',
      'Calling `bar()` fails.',
      '```python',
      'baz = 1',
      '```',
      '>>> qux()',
      '## Environment',
      'Python 3.9 and numpy',
      '## What happened',
      'It broke.',
      'numpy: 1.21.0',
    ].join('\n')
    expect(splitFields(issue)).toEqual([
      { field: 'title', text: 'Foo' },
      { field: 'inline', text: 'Foo' },
      { field: 'title', text: ' breaks' },
      { field: 'prose', text: 'Calling ' },
      { field: 'inline', text: 'bar()' },
      { field: 'prose', text: ' fails.' },
      { field: 'block', text: 'baz = 1' },
      { field: 'block', text: '>>> qux()' },
      { field: 'prose', text: '## What happened' },
      { field: 'prose', text: 'It broke.' },
    ])
  })

  test('an empty issue has no field', () => {
    expect(splitFields(' \n\n')).toEqual([])
  })
})

describe('mentions', () => {
  test.each([
    ['/usr/lib/python3.9/site-packages/foo/bar.py', 'foo/bar.py'],
    ['C:\\work\\foo\\bar.py', 'work/foo/bar.py'],
    ['./src/a.ts', 'src/a.ts'],
    ['https://host/o/r/blob/main/a/b.go', 'a/b.go'],
  ])('%s is cleaned to %s', (path, expected) => {
    expect(cleanPath(path)).toBe(expected)
  })

  test('paths come with the line that a link or a colon gives', () => {
    expect(findPaths('see https://host/o/r/blob/abc/pkg/mod.py#L12 and src/a.ts:7, also setup.cfg')).toEqual([
      { path: 'pkg/mod.py', line: 12 },
      { path: 'src/a.ts', line: 7 },
      { path: 'setup.cfg', line: undefined },
    ])
  })

  test('a Python trace gives its deepest frame first', () => {
    const trace =
      'Traceback:\n  File "/x/site-packages/p/a.py", line 3, in outer\n  File "/x/site-packages/p/b.py", line 9, in inner\n'
    expect(findFrames(trace)).toEqual([
      { path: 'p/b.py', line: 9, functionName: 'inner', depth: 0 },
      { path: 'p/a.py', line: 3, functionName: 'outer', depth: 1 },
    ])
  })

  test.each([
    ['\tat org.acme.Tool.run(Tool.java:31)', { path: 'org/acme/Tool.java', line: 31, functionName: 'run' }],
    ['    at Parser.next (/srv/lib/parser.js:10:5)', { path: 'srv/lib/parser.js', line: 10, functionName: 'next' }],
    ["lib/a.rb:4:in `call'", { path: 'lib/a.rb', line: 4, functionName: 'call' }],
    ['#1 /srv/src/A.php(22): Acme\\A->run()', { path: 'srv/src/A.php', line: 22, functionName: 'run' }],
    ['\tpkg/server/run.go:88 +0x1d', { path: 'pkg/server/run.go', line: 88, functionName: undefined }],
  ])('%s is a frame', (line, expected) => {
    expect(findFrames(line)).toContainEqual({ ...expected, depth: 0 })
  })
})

describe('an issue', () => {
  const facts = readIssue(
    '`QuerySet.delete` ignores ordering\n\nThe collector forgets it in `django.db.models.query`.\n\n    qs = Book.objects.order_by("x")\n    qs.delete()\n',
  )

  test('puts code-like names of the title first and gives words by their stems', () => {
    const names = facts.terms.map((term) => `${term.kind} ${term.text}`)
    expect(names[0]).toBe('identifier QuerySet')
    expect(names).toContain('identifier order_by')
    expect(names).toContain('word forget')
  })

  test('knows dotted names, their roots and quoted code', () => {
    expect(facts.dottedNames).toContain('django.db.models.query')
    expect(facts.roots.has('django')).toBe(true)
    expect([...facts.quotes]).toContain('qs = Book.objects.order_by("x")')
  })
})

test('issues and commits that it names are references, each once and in one form', () => {
  const { references } = readIssue(
    'Crash since 0123abcdef0123\n\nSee #12, GH-12 and https://example.org/a/b/pull/7; bisected to 0123abc. At 0x7fe1234567, 20240101.',
  )
  expect(references).toEqual(['#12', '#7', '0123abc'])
})

test('takes no term from the ids of commits, pictures and events', () => {
  const { terms } = readIssue(
    'The cart drifts\n\nSee assets/485ef9b0-6ef6-41c2-b758-b21f764d6bea and errors/59e31cc116b3e60018ef512a of S3 and utf8',
  )
  expect(terms.map(({ text }) => text).filter((text) => /\d/.test(text))).toEqual(['s3', 'utf8'])
})

test('takes no term from encoded bytes, and time in proportion to a run without a blank', () => {
  const picture = 'iVBORw0KGgoAAAANSUhEUgAA+/'.repeat(3_000)
  const run = 'a.'.repeat(20_000)
  const facts = readIssue(`Cart total is wrong\n\n![shot](data:image/png;base64,${picture})\n\n${run}`)
  expect(facts.terms.map((term) => term.text)).not.toContain('iVBORw0KGgoAAAANSUhEUgAA')
  expect(facts.terms.map((term) => term.text)).toContain('cart')
})

describe('the traits of a term', () => {
  const { terms } = readIssue(
    [
      'Cache_key of Widget breaks the cache_key',
      '## Steps taken',
      'The widget paints twice, then the widget fades.',
      '```',
      'from widgets import paint',
      '  File "/srv/app/paint.py", line 3, in repaint',
      'ValueError: no ink left in box',
      'paint(ink)',
      '```',
    ].join('\n'),
  )
  const traits = (kind: 'word' | 'identifier', text: string): object | undefined =>
    terms.find((term) => term.kind === kind && term.text === text)?.traits

  test('say what it is and how it is written', () => {
    const plain = { identifier: 0, codeLike: 0, capital: 0, short: 0 }
    expect(traits('identifier', 'cache_key')).toMatchObject({ ...plain, identifier: 1, codeLike: 1 })
    expect(traits('identifier', 'Cache_key')).toMatchObject({ identifier: 1, codeLike: 1, capital: 1 })
    expect(traits('word', 'fade')).toMatchObject(plain)
    expect(traits('word', 'ink')).toMatchObject({ ...plain, short: 1 })
  })

  test('say where it stands, and how late it comes first', () => {
    const none = { title: 0, prose: 0, heading: 0, trace: 0, failure: 0 }
    // The widget: once in the title, twice in prose.
    expect(traits('word', 'widget')).toMatchObject({ ...none, title: Math.log(2), prose: Math.log(3) })
    expect(traits('word', 'taken')).toBeUndefined()
    expect(traits('word', 'repaint')).toMatchObject({ ...none, trace: Math.log(2) })
    expect(traits('word', 'box')).toMatchObject({ ...none, failure: Math.log(2) })
    const [cache, box] = [traits('word', 'cach'), traits('word', 'box')] as { late: number }[]
    expect(cache?.late).toBe(0)
    expect(box?.late).toBeGreaterThan(0.8)
    expect(box?.late).toBeLessThan(1)
  })
})

// Each made an expression try very many ways to read the same characters: half a minute, or for ever.
const LONG = 250_000
const HOSTILE: readonly (readonly [string, string])[] = [
  ['blanks behind a dash', `x\n-${' '.repeat(LONG)}!`],
  ['blanks behind a bold heading', `x\n**a**${'\t'.repeat(LONG)}!`],
  ['empty lines', `x${'\n'.repeat(LONG)}!`],
  ['lines of blanks', `x${' \n\t\r'.repeat(LONG / 4)}!`],
  ['comments that never end', `x\n${'<!--'.repeat(LONG / 4)}`],
  ['numbers of a version', `x\na: ${'1.'.repeat(LONG / 2)}!`],
  ['frames of Ruby that never end', `x\n${'a.rb:1:in `# '.repeat(LONG / 20)}`],
]

test.each(HOSTILE)('a long issue of %s is read in linear time', (_, issue) => {
  const before = process.cpuUsage()
  expect(readIssue(issue).frames).toEqual([])
  // In microseconds: linear time takes a twentieth of it.
  expect(process.cpuUsage(before).user).toBeLessThan(5_000_000)
})

describe('what stands between is still read', () => {
  test('frames behind empty lines and in lines that end with \\r\\n', () => {
    const trace = ['x', '', 'a/b.go:3', '\tc/d.go:4 +0x1d', '', ' e/f.py in run'].join('\r\n')
    expect(findFrames(trace).map(({ path, line }) => `${path}:${line}`)).toEqual(['e/f.py:0', 'a/b.go:3', 'c/d.go:4'])
  })

  test('lines of versions are no words of the issue, and sentences are', () => {
    const lines = ['- zebra-lib: 1.2.3', '* giraffe == v2.0', 'Monkey (x86) = 10.1-rc ', 'walrus: 12', 'otter a:b 1.2']
    const texts = readIssue(`Title\n\n${lines.join('\n')}`).terms.map(({ text }) => text)
    expect(texts.filter((text) => /zebra|giraffe|monkey|walru|otter/i.test(text))).toEqual(['walru', 'otter'])
  })

  test('paths one behind the other', () => {
    const text = String.raw`x.py:12y.py and c:\d\e.ts, a.cc.b@c.h and abc:x/y.py`
    expect(findPaths(text).map(({ path }) => path)).toEqual(['x.py', 'y.py', 'd/e.ts', 'a.cc.b@c.h', 'x/y.py'])
  })
})
