import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { SHOP, writeFiles } from '../folder.ts'

// Small alphabets, so that patterns meet text, each other, line ends and letters beyond ASCII.
const TEXTS = [
  ['foo', 'bar', 'foobar', 'Foo', 'FOO', '_', ' ', ' ', '\n', '\n', '\r\n', '\r', '1:', '12', 'a', 'aa', 'k', 's'],
  [
    '\u212a',
    '\u017f',
    '\u00e9',
    '\u00c9',
    '\u00df',
    '(',
    ')',
    '.',
    '-x',
    'foo.bar',
    '\t',
    '$',
    '\\',
    '\u03c3',
    '\u03c2',
  ],
  ['mask', 'ma\u017fk', 'MAS\u212a', 'session', 'se\u017fSion', 'kelvin', '"', 'NOT-INDEXED: ', 'exceeds', 'trigrams'],
].flat()
const ODD = [Buffer.from([0xff]), Buffer.from([0xc3]), Buffer.from([0xe2, 0x84]), Buffer.from([0x80])]

const bytes = fc
  .array(
    fc.oneof(
      { weight: 25, arbitrary: fc.constantFrom(...TEXTS.map((text) => Buffer.from(text))) },
      fc.constantFrom(...ODD),
    ),
    {
      // zoekt drops the text of a file with fewer than three bytes.
      minLength: 8,
      maxLength: 80,
    },
  )
  .map((chunks) => Buffer.concat([Buffer.from('x y '), ...chunks]))
const content = fc.oneof(
  { weight: 10, arbitrary: bytes },
  { weight: 1, arbitrary: bytes.map((some) => Buffer.concat([some, Buffer.from([0]), some])) },
  { weight: 1, arbitrary: bytes.map((some) => Buffer.concat(Array.from({ length: 60 }, () => some))) },
  { weight: 1, arbitrary: bytes.map((some) => Buffer.concat([Buffer.from('\ufeff'), some])) },
)

const FOLDERS = ['', 'src/', 'src/foo/', 'docs/', 'src/bar/deep/', 'tests/', '.github/workflows/', 'z w/']
const NAMES = [
  'a.py',
  'b.txt',
  'foo.md',
  'é.py',
  'x"y.py',
  'a+b(c).js',
  '[id].ts',
  'back\\slash.py',
  '.hidden',
  'Foo.PY',
]

/** Name of the repository of the corpus, in its folder and in zoekt's index. */
export const CORPUS_NAME = 'fusesearch-corpus'

/** The files of the recorded repository: always the same, with what makes searches differ. */
export function corpusFiles(): Readonly<Record<string, string | Uint8Array>> {
  const paths = FOLDERS.flatMap((folder) => NAMES.map((name) => folder + name))
  const contents = fc.sample(content, { numRuns: paths.length, seed: 1 })
  const files = Object.fromEntries(paths.map((path, index) => [path, contents[index] ?? '']))
  return { ...SHOP, ...files, 'empty/__init__.py': '', 'long.txt': `${'wide foo '.repeat(900)}\n` }
}

/** Makes the repository of the corpus in a folder; its commit has the same hash everywhere. */
export function makeCorpus(folder: string): string {
  writeFiles(folder, corpusFiles())
  const run = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', env: { ...process.env, ...FIXED } })
  run('init', '--quiet', '--initial-branch=main')
  run('add', '--all')
  run('commit', '--quiet', '-m', 'corpus')
  return run('rev-parse', 'HEAD').trim()
}

const DATE = '2026-01-01T00:00:00Z'
const FIXED = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.org',
  GIT_AUTHOR_DATE: DATE,
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.org',
  GIT_COMMITTER_DATE: DATE,
}
