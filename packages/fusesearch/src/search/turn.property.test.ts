import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createGatherer } from './grep/gather.ts'
import { PROGRAM_LIMITS } from './limits.ts'
import { renderObservation } from './render.ts'
import { createLauncher } from './rg/launcher.ts'
import { type Call, type GrepArguments, type Observation } from './tool.ts'
import { openTree, type Tree } from './tree.ts'
import { runTurn } from './turn.ts'

const folders: string[] = []
const launcher = createLauncher()
afterAll(async () => {
  await launcher.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

// Small alphabets, so that patterns meet text, each other, line ends and letters beyond ASCII.
const CHUNKS = [
  ['foo', 'bar', 'foobar', 'Foo', 'FOO', '_', ' ', ' ', '\n', '\n', '\r\n', '\r', '1:', '12', 'a', 'aa', 'k', 's'],
  ['\u212a', '\u017f', '\u00e9', '\u00df', '(', ')', '.', '-x', 'foo.bar', '\ufeff', '\t', '$', '\\', '\u0130'],
].flatMap((texts) => texts.map((text) => Buffer.from(text)))
const ODD_CHUNKS = [Buffer.from([0xff]), Buffer.from([0xc3]), Buffer.from([0xe2, 0x84]), Buffer.from([0x80])]

const bytes = fc
  .array(fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...CHUNKS) }, fc.constantFrom(...ODD_CHUNKS)), {
    maxLength: 60,
  })
  .map((chunks) => Buffer.concat(chunks))
const content = fc.oneof(
  { weight: 12, arbitrary: bytes },
  { weight: 1, arbitrary: bytes.map((some) => Buffer.concat([some, Buffer.from([0]), some])) },
  { weight: 1, arbitrary: bytes.map((some) => Buffer.concat(Array.from({ length: 300 }, () => some))) },
  { weight: 1, arbitrary: bytes.map((some) => Buffer.from(`\ufeff${some.toString('utf8')}`, 'utf16le')) },
)
const path = fc.constantFrom(
  'a.py',
  'b.txt',
  'src/a.py',
  'src/foo/b.py',
  'docs/foo.md',
  'z w.py',
  'é.py',
  'x\n1:y.py',
  '.hidden',
)
const tree = fc.dictionary(path, content, { minKeys: 1, maxKeys: 6 })

const pattern = fc.oneof(
  fc.constantFrom('foo', 'bar', 'foobar', 'oba', 'o', 'a', 'aa', 'k', 's', 'kelvin', '1', '12', '-x', '--foo', '_'),
  fc.constantFrom(
    'fo+',
    'foo|bar',
    '^foo',
    'foo$',
    '^$',
    '',
    'x*',
    '\\bfoo\\b',
    'f.o',
    '[a-f]o+',
    '[^a]',
    '\\w+',
    '(foo)(bar)?',
  ),
  fc.constantFrom(
    'foo(',
    '[',
    'a{2,1}',
    'a{1,100}foo',
    '\\w{2,100}',
    'foo\\s+(?:bar|foo)',
    '\\A',
    'foo\\z',
    '(?-m)^foo',
    '(?i)foo',
    '\\r',
    '\\s',
    'foo\\s*$',
    '(?x) foo # c',
    'a)|(b',
  ),
  fc.constantFrom(
    '\u00e9',
    '\u017f',
    'foo.bar',
    '(',
    '.',
    '\\.',
    'foo\\r?$',
    'a\nb',
    '\\x00',
    '[[:alpha:]]',
    '(?s).',
    '\\B',
    '.*',
  ),
  fc
    .array(
      fc.constantFrom(
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
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((parts) => parts.join('')),
)
const grep: fc.Arbitrary<GrepArguments> = fc.record(
  {
    pattern,
    mode: fc.constantFrom('content', 'paths', 'counts'),
    context: fc.constantFrom(0, 1, 3),
    ignoreCase: fc.boolean(),
    word: fc.boolean(),
    literal: fc.boolean(),
    globs: fc.constantFrom(['*.py'], ['src/'], ['!a.py'], ['nothing/**']),
    headLimit: fc.constantFrom(1, 3, 50),
  },
  { requiredKeys: ['pattern'] },
) as fc.Arbitrary<GrepArguments>

const RUNS = Number(process.env['FUSESEARCH_PROPERTY_RUNS'] ?? 8)
const limits = { ...PROGRAM_LIMITS, maxLineLength: 80 }

async function run(
  on: Tree,
  greps: readonly GrepArguments[],
  signal = new AbortController().signal,
): Promise<readonly Observation[]> {
  const calls = greps.map((one): Call => ({ tool: 'grep', arguments: one }))
  return (await runTurn(on, calls, { limits, bytesLeft: 100_000_000, signal })).observations
}

async function openFolder(files: Record<string, Buffer>): Promise<Tree> {
  const root = mkdtempSync(join(tmpdir(), 'fusesearch-turn-'))
  folders.push(root)
  for (const [name, some] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), some)
  }
  return openTree({ root, ignoreRules: 'respect' })
}

test('a turn of greps gives what each of them gives alone, whoever starts ripgrep', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(tree, fc.array(grep, { minLength: 2, maxLength: 6 }), async (files, greps) => {
      const on = await openFolder(files)
      const together = await run(await openTree({ root: on.root, ignoreRules: 'respect', launcher }), greps)
      for (const [index, one] of greps.entries()) {
        const [alone] = await run(on, [one])
        expect(together[index]).toEqual(alone)
        if (alone) expect(alone.bytes).toBe(Buffer.byteLength(renderObservation(alone)))
      }
    }),
    { numRuns: RUNS },
  )
})

test('runs that ask one tree at once get what each gets alone, whoever of them goes', {
  timeout: 600_000,
}, async () => {
  // Two walks at a time: whoever comes third and later shares one.
  const turns = fc.array(fc.array(grep, { minLength: 2, maxLength: 3 }), { minLength: 4, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(tree, turns, fc.nat({ max: 8 }), async (files, asked, leaver) => {
      const on = await openFolder(files)
      const wanted = await Promise.all(asked.map((greps) => run(on, greps)))
      const gathering = { ...on, launcher, gatherer: createGatherer({ ...on, launcher }) }
      const going = new AbortController()
      const running = asked.map((greps, index) => run(gathering, greps, index === leaver ? going.signal : undefined))
      setTimeout(() => going.abort(), leaver)
      const answers = await Promise.all(running)
      for (const [index, answer] of answers.entries()) if (index !== leaver) expect(answer).toEqual(wanted[index])
    }),
    { numRuns: RUNS },
  )
})

test('a grep gives what ripgrep gives when it is run by hand', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      tree,
      fc.array(grep, { minLength: 2, maxLength: 4 }),
      fc.boolean(),
      async (files, greps, isLaunched) => {
        const plainly = await openFolder(files)
        const on = isLaunched ? await openTree({ root: plainly.root, ignoreRules: 'respect', launcher }) : plainly
        const plain = greps.map(({ globs: _globs, headLimit: _head, context: _context, ...rest }) => rest)
        const shown = await run(on, plain)
        for (const [index, one] of plain.entries()) expect(summary(shown[index])).toEqual(byHand(on, one))
      },
    ),
    { numRuns: RUNS },
  )
})

/** `path:number` rows: matching line numbers, occurrences, or 1 a file; undefined for an invalid pattern. */
function summary(observation: Observation | undefined): readonly string[] | undefined {
  if (!observation?.ok || observation.tool !== 'grep') return undefined
  if (observation.mode === 'paths') return observation.paths.map((name) => `${name}:1`)
  if (observation.mode === 'counts') return observation.counts.map(({ path: name, count }) => `${name}:${count}`)
  return observation.files.flatMap(({ path: name, lines }) => lines.map(({ line }) => `${name}:${line}`))
}

function byHand(on: Tree, one: GrepArguments): readonly string[] | undefined {
  const flags = [one.ignoreCase && '-i', one.word && '-w', one.literal && '-F'].filter(
    (flag) => typeof flag === 'string',
  )
  const common = [
    '--no-config',
    '--no-mmap',
    '--no-messages',
    '--hidden',
    '--glob=!.git',
    '--sort=path',
    '--null',
    '-H',
    ...flags,
    '-e',
    one.pattern,
    './',
  ]
  const output = one.mode === 'counts' ? ['--count-matches'] : ['--count']
  const counted = spawnSync(on.rg, [...output, ...common], { cwd: on.root })
  if (counted.status === 2) return undefined
  const rows = [...counted.stdout.toString('latin1').matchAll(/\.\/([^\0]+)\0(\d+)\n/g)]
  const counts = rows.map(([, name = '', count = '']) => ({ name: Buffer.from(name, 'latin1').toString(), count }))
  const named = counts.map(({ name, count }) => ({ name: name.replaceAll('\n', '\\x0A'), raw: name, count }))
  named.sort((a, b) => Buffer.compare(Buffer.from(a.raw), Buffer.from(b.raw)))
  if (one.mode === 'paths') return named.map(({ name }) => `${name}:1`)
  if (one.mode === 'counts') return named.map(({ name, count }) => `${name}:${count}`)
  return named.flatMap(({ name, raw }) => {
    const args = ['--no-config', '--json', ...flags, '-e', one.pattern, '--', `./${raw}`]
    const lines = spawnSync(on.rg, args, { cwd: on.root }).stdout.toString().split('\n').filter(Boolean)
    const events = lines.map((line): { type: string; data: { line_number?: number } } => JSON.parse(line))
    return events.filter(({ type }) => type === 'match').map(({ data }) => `${name}:${data.line_number}`)
  })
}
