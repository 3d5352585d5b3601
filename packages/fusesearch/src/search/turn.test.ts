import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { MODEL_LIMITS, PROGRAM_LIMITS } from './limits.ts'
import { renderObservation } from './render.ts'
import { createLauncher } from './rg/launcher.ts'
import { type Launcher } from './rg/rg-run.ts'
import { type Call, type Observation, type ToolLimits } from './tool.ts'
import { openTree } from './tree.ts'
import { runTurn } from './turn.ts'

const folders: string[] = []
const launcher = createLauncher()
afterAll(async () => {
  await launcher.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

type Files = Record<string, Buffer | string>

function makeFolder(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'fusesearch-tools-'))
  folders.push(root)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return root
}

interface How {
  readonly limits?: ToolLimits
  readonly bytesLeft?: number
  readonly signal?: AbortSignal
  readonly launcher?: Launcher | undefined
}

/** What can't be cut short must be the same whoever starts ripgrep. */
async function runAll(root: string, calls: readonly Call[], how: How = {}): Promise<readonly Observation[]> {
  const observations = await runOnce(root, calls, how)
  const isWhole = how.signal === undefined && how.limits?.callTimeoutMs !== 0
  if (isWhole) expect(await runOnce(root, calls, { ...how, launcher })).toEqual(observations)
  return observations
}

async function runOnce(root: string, calls: readonly Call[], how: How): Promise<readonly Observation[]> {
  const tree = await openTree({ root, ignoreRules: 'respect', launcher: how.launcher })
  const { limits = PROGRAM_LIMITS, bytesLeft = 4_000_000, signal = new AbortController().signal } = how
  const turn = await runTurn(tree, calls, { limits, bytesLeft, signal })
  for (const one of turn.observations) expect(one.bytes).toBe(Buffer.byteLength(renderObservation(one)))
  expect(turn.ms).toHaveLength(calls.length)
  return turn.observations
}

async function show(root: string, call: Call, how: How = {}): Promise<string> {
  const [one] = await runAll(root, [call], how)
  if (one === undefined) throw new Error('no observation')
  return renderObservation(one)
}

const grep = (pattern: string, options: Partial<Extract<Call, { tool: 'grep' }>['arguments']> = {}): Call => {
  return { tool: 'grep', arguments: { pattern, ...options } }
}
const glob = (...patterns: string[]): Call => ({ tool: 'glob', arguments: { patterns } })
const read = (path: string, startLine?: number, endLine?: number): Call => {
  const range = { ...(startLine === undefined ? {} : { startLine }), ...(endLine === undefined ? {} : { endLine }) }
  return { tool: 'read_file', arguments: { path, ...range } }
}

describe('grep', () => {
  const files = { 'b.py': 'x = 1\nfoo(1)\ny\n\nfoo foo\n', 'a/c.py': 'food\r\nfoo', 'd.txt': 'bar' }

  test('shows matching lines by file, in the order of the paths', async () => {
    expect(await show(makeFolder(files), grep('foo'))).toBe('a/c.py\n1:food\n2:foo\n\nb.py\n2:foo(1)\n5:foo foo\n')
  })

  test('shows the lines around a match once, with gaps marked', async () => {
    const root = makeFolder({ 'a.txt': '1\n2 hit\n3\n4 hit\n5\n6\n7\n8\n9 hit' })
    const shown = 'a.txt\n1-1\n2:2 hit\n3-3\n4:4 hit\n5-5\n--\n8-8\n9:9 hit\n'
    expect(await show(root, grep('hit', { context: 1 }))).toBe(shown)
  })

  test('counts occurrences, not lines, and names paths', async () => {
    const root = makeFolder(files)
    expect(await show(root, grep('foo', { mode: 'counts' }))).toBe('2 a/c.py\n3 b.py\n')
    expect(await show(root, grep('foo', { mode: 'paths' }))).toBe('a/c.py\nb.py\n')
    expect(await show(root, grep('nowhere'))).toBe('No match.\n')
  })

  test('keeps ignored files out when a glob names them, and finds hidden ones', async () => {
    const root = makeFolder({ '.gitignore': '*.gen.py\n', 'a.gen.py': 'foo', '.b.py': 'foo', 'c.py': 'foo' })
    expect(await show(root, grep('foo', { globs: ['*.py'] }))).toBe('.b.py\n1:foo\n\nc.py\n1:foo\n')
  })

  test('takes a pattern that begins with a dash for a pattern', async () => {
    expect(await show(makeFolder({ a: '--files\n' }), grep('--files'))).toBe('a\n1:--files\n')
  })

  test('fails alone on an invalid pattern, in the words of ripgrep', async () => {
    const root = makeFolder(files)
    const [bad, good, worse] = await runAll(root, [grep('foo('), grep('food'), grep('a{2,1}')])
    expect(bad).toMatchObject({ ok: false, code: 'bad-pattern' })
    expect(bad?.ok === false && bad.message).toContain('unclosed group')
    expect(good).toMatchObject({ ok: true, totals: { files: 1, lines: 1 } })
    expect(worse).toMatchObject({ ok: false, code: 'bad-pattern' })
    const [nul, long] = await runAll(root, [grep('a\0b'), grep('a'.repeat(200_000))])
    expect(nul).toMatchObject({ ok: false, code: 'bad-pattern' })
    expect(long).toMatchObject({ ok: false, code: 'bad-pattern' })
  })

  test('gives nothing of a binary file, wherever its NUL stands among what is read', async () => {
    const late = Buffer.concat([Buffer.from('foo\n'.repeat(9_999)), Buffer.from([0])])
    const root = makeFolder({ late, early: Buffer.from('\0foo\n'), text: 'foo\n' })
    const turn = await runAll(root, [grep('foo'), grep('fo', { mode: 'paths' }), grep('o', { mode: 'counts' })])
    expect(turn.map(renderObservation)).toEqual(['text\n1:foo\n', 'text\n', '2 text\n'])
    expect(await show(root, grep('foo', { mode: 'paths' }))).toBe('text\n')
  })

  test('shares one walk, and runs equal calls once', async () => {
    const tree = await openTree({ root: makeFolder(files), ignoreRules: 'respect' })
    const calls = [grep('foo'), grep('bar', { mode: 'counts' }), grep('foo'), grep('\\Afoo'), glob('*.py')]
    const signal = new AbortController().signal
    const turn = await runTurn(tree, calls, { limits: PROGRAM_LIMITS, bytesLeft: 4_000_000, signal })
    expect(turn.sharedWalks).toEqual({ greps: 4, sharing: 3 })
    expect(turn.observations[2]).toEqual(turn.observations[0])
  })
})

describe('limits of grep and glob', () => {
  const limits = { ...MODEL_LIMITS, maxLinesPerCall: 3, maxFileBytes: 50_000, maxLineLength: 10 }

  test('names what was left out and the call that shows it', async () => {
    const root = makeFolder({ 'a.py': 'foo\n'.repeat(5), 'b.py': 'foo\n' })
    expect(await show(root, grep('foo'), { limits })).toBe(
      'a.py\n1:foo\n2:foo\n3:foo\n[3 of 6 matching lines left out (3 lines a call). ' +
        'grep with mode "counts" lists the files; globs of some of them show the rest.]\n',
    )
    expect(await show(root, grep('foo', { headLimit: 1 }))).toContain('[5 of 6 matching lines left out (headLimit 1).')
    expect(await show(root, grep('foo', { mode: 'paths', headLimit: 1 }))).toMatch(/^a\.py\n\[1 of 2 files left out/)
    const one: Call = { tool: 'glob', arguments: { patterns: ['*.py'], headLimit: 1 } }
    expect(await show(root, one)).toBe(
      'a.py\n[1 of 2 files left out (headLimit 1). glob with headLimit 2 shows all.]\n',
    )
  })

  test('cuts long lines and names files that are too large to search', async () => {
    const root = makeFolder({ 'long.js': `foo${'é'.repeat(100)}`, 'large.js': 'foo\n'.repeat(20_000) })
    const [one] = await runAll(root, [grep('foo')], { limits })
    expect(one?.ok && one.notices.map(({ limit }) => limit)).toEqual(['lineLength', 'fileSize'])
    expect(one && renderObservation(one)).toMatch(/^long\.js\n1:fooééééééé\n\[1 line was cut at 10 characters/)
    const [narrow] = await runAll(root, [grep('foo', { globs: ['long.js'], mode: 'paths' })], { limits })
    expect(narrow?.ok && narrow.notices).toEqual([])
  })

  test('counts no further in a file of very many matching lines, and finds rare lines behind them', async () => {
    const flood = `${'foo foo\n'.repeat(11_000)}bar\n`
    const root = makeFolder({ 'é.txt': flood, 'few.txt': 'foo\n' })
    writeFileSync(Buffer.concat([Buffer.from(`${root}/z`), Buffer.from([0xe9])]), 'foo\n')
    const calls = [
      grep('foo', { mode: 'counts' }),
      grep('foo', { headLimit: 1 }),
      grep('foo', { mode: 'paths' }),
      grep('bar'),
      grep('fo+', { word: true, headLimit: 1 }),
    ]
    const together = await runAll(root, calls)
    const alone = []
    for (const call of calls) alone.push(...(await runAll(root, [call])))
    expect(together).toEqual(alone)
    const [counts, content, paths, rare] = together
    expect(counts).toMatchObject({ counts: [{ path: 'few.txt', count: 1 }, { path: 'z\\xE9' }, { count: 20_000 }] })
    expect(counts?.ok && counts.notices.map(({ message }) => message)).toEqual([
      'Only the first 10000 matching lines of a file are counted: é.txt may have more. A narrower pattern counts all of its own.',
    ])
    expect(content).toMatchObject({
      totals: { lines: 10_002 },
      notices: [{ limit: 'headLimit' }, { limit: 'fileLines' }],
    })
    expect(paths).toMatchObject({ totals: { files: 3 }, notices: [] })
    expect(rare).toMatchObject({ files: [{ lines: [{ line: 11_001 }] }], notices: [] })
  })

  test('searches each grep alone where a file of very many matching lines has a name that is not UTF-8', async () => {
    const root = makeFolder({ 'few.txt': 'foo\n' })
    writeFileSync(Buffer.concat([Buffer.from(`${root}/z`), Buffer.from([0xe9])]), `${'foo\n'.repeat(11_000)}bar\n`)
    const [counts, rare] = await runAll(root, [grep('foo', { mode: 'counts' }), grep('bar')])
    expect(counts).toMatchObject({ counts: [{ count: 1 }, { count: 10_000 }] })
    expect(rare).toMatchObject({ files: [{ lines: [{ line: 11_001 }] }] })
  })

  test('keeps to the bytes of the run, call by call', async () => {
    const root = makeFolder({ 'a.txt': `${'foo '.repeat(20)}\n`.repeat(200) })
    const calls = [grep('foo'), grep('foo', { headLimit: 199 }), grep('foo', { headLimit: 198 })]
    const turn = await runAll(root, calls, { bytesLeft: 10_000 })
    expect(turn[0]).toMatchObject({ ok: true, notices: [{ limit: 'runBytes' }] })
    expect(turn[2]).toMatchObject({ ok: false, code: 'over-budget' })
    expect((turn[0]?.bytes ?? 0) + (turn[1]?.bytes ?? 0)).toBeLessThan(10_000)
  })

  test('asks the tree nothing when the run may show nothing more', async () => {
    const gone = makeFolder({ 'a.txt': 'foo\n' })
    const tree = await openTree({ root: gone, ignoreRules: 'none' })
    rmSync(gone, { recursive: true })
    const options = { limits: PROGRAM_LIMITS, bytesLeft: 100, signal: new AbortController().signal }
    const { observations } = await runTurn(tree, [grep('foo'), grep('bar')], options)
    expect(observations).toMatchObject([{ code: 'over-budget' }, { code: 'over-budget' }])
  })
})

describe('glob', () => {
  test('reads patterns by name at any depth, by path, by folder, and takes away', async () => {
    const root = makeFolder({
      'a.py': '',
      'src/b.py': '',
      'src/deep/c.py': '',
      'src/d.js': '',
      'tests/b.py': '',
      '.h.py': '',
    })
    expect(await show(root, glob('*.py'))).toBe('.h.py\na.py\nsrc/b.py\nsrc/deep/c.py\ntests/b.py\n')
    expect(await show(root, glob('src/*.py'))).toBe('src/b.py\n')
    expect(await show(root, glob('src/', '!*.js'))).toBe('src/b.py\nsrc/deep/c.py\n')
    expect(await show(root, glob('*.{js,ts}', '/a.py'))).toBe('a.py\nsrc/d.js\n')
    expect(await show(root, glob('b.py', '!tests'))).toBe('src/b.py\n')
    expect(await show(root, glob('*.rs'))).toBe('No file matches.\n')
    const call: Call = { tool: 'glob', arguments: { patterns: ['A.PY'], ignoreCase: true } }
    expect(await show(root, call)).toBe('a.py\n')
  })
})

describe('read_file', () => {
  test('numbers lines, without a line after the last newline', async () => {
    const root = makeFolder({
      a: 'one\r\ntwo\n',
      empty: '',
      bom: '\ufeffx',
      'non-utf8': Buffer.from([0x61, 0xff, 0x0a]),
    })
    expect(await show(root, read('a'))).toBe('a (lines 1-2 of 2)\n1:one\n2:two\n')
    expect(await show(root, read('./a', 2, 99))).toBe('a (lines 2-2 of 2)\n2:two\n')
    expect(await show(root, read('empty'))).toBe('empty (no lines of 0)\n')
    expect(await show(root, read('bom'))).toBe('bom (lines 1-1 of 1)\n1:x\n')
    expect(await show(root, read('non-utf8'))).toBe('non-utf8 (lines 1-1 of 1)\n1:a\ufffd\n')
  })

  test('announces cuts and says where to go on', async () => {
    const root = makeFolder({ a: 'x\n'.repeat(1_000), long: 'y'.repeat(5_000) })
    const [cut, long] = await runAll(root, [read('a', 11), read('long')], { limits: MODEL_LIMITS })
    expect(cut?.ok && cut.notices[0]?.message).toBe(
      '590 of 990 lines left out (400 lines a call). read_file with startLine 411 goes on.',
    )
    expect(long?.ok && long.notices[0]?.limit).toBe('lineLength')
  })

  test('refuses what is outside, a link, a folder, a pipe, binary or missing', async () => {
    const outside = makeFolder({ secret: 'no' })
    const root = makeFolder({ 'a/b.py': 'x', bin: Buffer.from([0, 1]) })
    symlinkSync(join(outside, 'secret'), join(root, 'out'))
    symlinkSync(outside, join(root, 'outdir'))
    symlinkSync('a/b.py', join(root, 'in'))
    symlinkSync('loop', join(root, 'loop'))
    execFileSync('mkfifo', [join(root, 'pipe')])
    const paths = [
      '../x',
      '/etc/passwd',
      'a/../../x',
      'out',
      'outdir/secret',
      'in',
      'loop',
      'a',
      'pipe',
      'bin',
      'c/b.py',
      'a\0',
      '.git/config',
      'a/.GIT/HEAD',
    ]
    const turn = await runAll(
      root,
      paths.map((path) => read(path)),
    )
    expect(turn.map((one) => (one.ok ? 'ok' : one.code))).toEqual([
      'outside-repository',
      'outside-repository',
      'outside-repository',
      'outside-repository',
      'outside-repository',
      'not-found',
      'not-found',
      'not-a-file',
      'not-a-file',
      'binary-file',
      'not-found',
      'bad-arguments',
      'outside-repository',
      'outside-repository',
    ])
    expect(turn[10]?.ok === false && turn[10].message).toContain('Of the same name: a/b.py')
  })

  test('reads a range of a file of 2 GB, and no more of it', async () => {
    const root = makeFolder({ big: 'one\ntwo\n' })
    truncateSync(join(root, 'big'), 2_000_000_000)
    const [whole, range, found] = await runAll(root, [read('big'), read('big', 1, 2), grep('one')])
    expect(whole).toMatchObject({ ok: false, code: 'too-large' })
    expect(range).toMatchObject({ ok: false, code: 'binary-file' })
    expect(found?.ok && found.notices[0]?.limit).toBe('fileSize')
    const text = makeFolder({ large: 'some line\n'.repeat(2_000_000) })
    const [part] = await runAll(text, [read('large', 1_999_999)])
    expect(part).toMatchObject({ ok: true, totalLines: 2_000_000, lines: [{ line: 1_999_999 }, { line: 2_000_000 }] })
  })
})

describe('names', () => {
  test('shows, searches and reads names that are not UTF-8 or have a newline', async () => {
    const root = makeFolder({ 'a\nb': 'foo' })
    const odd = Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])])
    writeFileSync(odd, 'foo\n')
    writeFileSync(join(root, 'café'), 'foo\n')
    const names = ['a\\x0Ab', 'café', 'caf\\xE9']
    expect(await show(root, glob('*'))).toBe(`${names.join('\n')}\n`)
    const turn = await runAll(root, [grep('foo', { mode: 'paths' }), grep('fo', { context: 1 })])
    expect(turn[0]).toMatchObject({ paths: names })
    expect(turn[1]).toMatchObject({ totals: { files: 3 } })
    const tree = await openTree({ root, ignoreRules: 'respect' })
    await tree.listFiles()
    const options = { limits: PROGRAM_LIMITS, bytesLeft: 100_000, signal: new AbortController().signal }
    const { observations } = await runTurn(
      tree,
      names.map((name) => read(name)),
      options,
    )
    expect(observations.map(({ ok }) => ok)).toEqual([true, true, true])
  })
})

describe('ends', () => {
  test('an abort and a time-out are results, and leave no process behind', async () => {
    const root = makeFolder({ a: 'foo' })
    const calls = [grep('foo'), grep('\\Ax'), glob('*'), read('a')]
    const turn = await runAll(root, calls, { signal: AbortSignal.abort() })
    expect(turn.slice(0, 3).map((one) => (one.ok ? 'ok' : one.code))).toEqual(['aborted', 'aborted', 'aborted'])
    const late = await runAll(root, [grep('foo')], { limits: { ...PROGRAM_LIMITS, callTimeoutMs: 0 } })
    expect(late[0]).toMatchObject({ ok: false, code: 'timed-out' })
  })

  test.each([
    ['directly', undefined],
    ['by shells', launcher],
  ])('an abort in the middle ends every process started %s before the turn ends', async (_how, startedBy) => {
    const root = makeFolder({ large: 'some text to go through\n'.repeat(400_000) })
    const calls = [
      grep('(s|o|m|e)+ .*h$', { mode: 'counts' }),
      grep('\\Ax|(t.*)+q'),
      grep('text', { mode: 'counts' }),
      glob('*'),
    ]
    for (const afterMs of [0, 5, 20]) {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), afterMs)
      const turn = await runAll(root, calls, { signal: controller.signal, launcher: startedBy })
      expect(turn.every((one) => one.ok || one.code === 'aborted')).toBe(true)
      expect(childrenNamedRg()).toEqual([])
    }
  })

  test.each([
    ['directly', undefined],
    ['by shells', launcher],
  ])('a ripgrep that cannot be started %s is the failure of the world', async (_how, startedBy) => {
    const root = makeFolder({ a: 'foo' })
    const notRg = join(makeFolder({ rg: 'x' }), 'rg')
    chmodSync(notRg, 0o644)
    const tree = await openTree({ root, ignoreRules: 'respect', rg: notRg, launcher: startedBy })
    const options = { limits: PROGRAM_LIMITS, bytesLeft: 100_000, signal: new AbortController().signal }
    await expect(runTurn(tree, [grep('foo'), grep('a')], options)).rejects.toMatchObject({ code: 'rg-missing' })
    const good = await openTree({ root, ignoreRules: 'respect', launcher: startedBy })
    rmSync(root, { recursive: true })
    await expect(runTurn(good, [grep('foo')], options)).rejects.toMatchObject({ code: 'repository-missing' })
  })
})

/** Of this process, or of a shell that it started. */
function childrenNamedRg(): string[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,comm=']).toString().split('\n')
  const processes = rows.map((row) => row.trim().split(/\s+/))
  const childrenOf = (parents: readonly (string | undefined)[]): string[][] =>
    processes.filter(([, parent]) => parents.includes(parent))
  const children = childrenOf([`${process.pid}`])
  const all = [...children, ...childrenOf(children.map(([pid]) => pid))]
  // One that has ended may still wait for its parent to notice.
  return all.flatMap(([, , state = '', name = '']) => (name === 'rg' && !state.startsWith('Z') ? [name] : []))
}
