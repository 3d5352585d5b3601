import * as fc from 'fast-check'
import type { Call, GlobArguments, GrepArguments, ReadFileArguments } from 'fusesearch/search'
import { corpusFiles } from './corpus.ts'

const PATTERNS = [
  ['foo', 'bar', 'foobar', 'oba', 'o', 'a', 'aa', 'k', 's', 'kelvin', '1', '12', '-x', '--foo', '_', 'mask', 'session'],
  ['fo+', 'foo|bar', '^foo', 'foo$', '^$', '', 'x*', '\\bfoo\\b', 'f.o', '[a-f]o+', '[^a]', '\\w+', '(foo)(bar)?'],
  ['foo(', '[', 'a{2,1}', 'a{1,100}foo', '\\w{2,100}', 'foo\\s+(?:bar|foo)', '\\A', 'foo\\z', '(?-m)^foo', '(?i)foo'],
  [
    '\\r',
    '\\s',
    'foo\\s*$',
    '(?x) foo # c',
    'a)|(b',
    '\u00e9',
    '\u017f',
    'foo.bar',
    '(',
    '.',
    '\\.',
    'foo\\r?$',
    'a\nb',
  ],
  [
    '\\x00',
    '[[:alpha:]]',
    '(?s).',
    '\\B',
    '.*',
    '\\w+\\(',
    'se.?sion',
    '[ks]',
    '\u03c3',
    'NOT-INDEXED',
    'exceeds',
    '"',
  ],
  [
    'items|price',
    'self\\.items',
    'def \\w+',
    '(?i)cart',
    'class\\s+Cart',
    'discount',
    'foo(?=bar)',
    '(a)\\1',
    '\\p{L}+',
  ],
  ['(?:\\b|_)(?i:foo)(?:\\b|_)', '(?:def|class)\\s+(?:Cart|total\\(|find_product)\\b', '[a-z](?:FOO|Foo)[A-Z_]?|mask'],
  // Short texts, and letters beyond ASCII with several cases.
  [
    '(?:\\b|_)(?i:aa)(?:\\b|_)|[a-z](?:Aa|AA)',
    '\\baa?\\b',
    '\u00c9\u00df',
    '\u03c2k',
    '\u00e9\u00e9\u00e9',
    'ma\u017f',
  ],
].flat()
const PARTS = [
  'foo',
  'a',
  'o',
  'k',
  '.',
  '|',
  '*',
  '+',
  '^',
  '$',
  '\\b',
  '(',
  ')',
  '[',
  ']',
  '\\s',
  's',
  '-',
  '?',
  '{2}',
  'é',
]

const pattern = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PATTERNS) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
  },
)

const GLOBS = [
  ['*.py'],
  ['src/'],
  ['!a.py'],
  ['nothing/**'],
  ['**/foo/**', '!**/*.md'],
  ['!**/{tests,docs}/**', '!**/*.{md,txt}'],
  ['src/*/[a-f]*'],
  ['*"*', '*(c)*'],
  ['[id].ts', 'é.py', 'back\\\\slash.py'],
  ['**'],
  ['*{hidden,workflow}*{,/*}'],
]

/** Random calls over the corpus, or over a tree with these words and paths. */
export function arbitraryCall(words: readonly string[] = [], paths = Object.keys(corpusFiles())): fc.Arbitrary<Call> {
  const sought = words.length === 0 ? pattern : fc.oneof(fc.constantFrom(...words), pattern)
  const grep = fc.record(
    {
      pattern: sought,
      mode: fc.constantFrom('content', 'paths', 'counts'),
      context: fc.constantFrom(0, 1, 3),
      ignoreCase: fc.boolean(),
      word: fc.boolean(),
      literal: fc.boolean(),
      globs: fc.constantFrom(...GLOBS),
      headLimit: fc.constantFrom(1, 3, 50),
    },
    { requiredKeys: ['pattern'] },
  ) as fc.Arbitrary<GrepArguments>
  const glob = fc.record(
    {
      patterns: fc.oneof(
        fc.constantFrom(...GLOBS),
        fc.constantFrom(...paths).map((path) => [path.slice(path.lastIndexOf('/') + 1)]),
      ),
      ignoreCase: fc.boolean(),
      headLimit: fc.constantFrom(1, 3, 50),
    },
    { requiredKeys: ['patterns'] },
  ) as fc.Arbitrary<GlobArguments>
  const read = fc.record(
    {
      path: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...paths) },
        fc.constantFrom(
          'missing.py',
          'src',
          'src/',
          'a/../b',
          '/etc/passwd',
          '.git/config',
          './src/a.py',
          'shop/Cart.py',
        ),
      ),
      startLine: fc.constantFrom(1, 2, 50),
      endLine: fc.constantFrom(3, 60),
    },
    { requiredKeys: ['path'] },
  ) as fc.Arbitrary<ReadFileArguments>
  return fc.oneof(
    { weight: 6, arbitrary: grep.map((one): Call => ({ tool: 'grep', arguments: one })) },
    { weight: 2, arbitrary: glob.map((one): Call => ({ tool: 'glob', arguments: one })) },
    { weight: 2, arbitrary: read.map((one): Call => ({ tool: 'read_file', arguments: one })) },
  )
}
