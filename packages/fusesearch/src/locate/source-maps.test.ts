import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OutputOptions, rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { createEmbeddedPolicy } from '../policies/index.ts'
import { openWorkspace } from '../search/index.ts'
import { locate } from './locate.ts'
import { readSourceMaps } from './source-maps.ts'

const SOURCES = {
  'src/main.ts': "import { charge } from './billing/charge.ts'\n\nconsole.log(charge([]))\n",
  'src/billing/charge.ts':
    "import { largest } from './largest.ts'\n\nexport function charge(items: { price: number }[]): number {\n  return largest(items).price\n}\n",
  'src/billing/largest.ts':
    'export function largest<T extends { price: number }>(items: T[]): T {\n  const sorted = items.toSorted((a, b) => b.price - a.price)\n  return sorted[0].missing.entry\n}\n',
  'src/billing/tax.ts': 'export function tax(sum: number): number {\n  return sum / 5\n}\n',
}

/** The sources in a folder with their bundle, and what the bundle prints when it fails. */
async function built(
  folder: string,
  output: OutputOptions,
): Promise<{ readonly root: string; readonly trace: string }> {
  const root = writeFiles(folder, SOURCES)
  const bundle = await rolldown({ input: join(root, 'src/main.ts'), cwd: root })
  await bundle.write({ file: join(root, 'dist/shop.js'), minify: true, ...output })
  let trace = ''
  try {
    execFileSync(process.execPath, [join(root, 'dist/shop.js')], { stdio: 'pipe' })
  } catch (error) {
    trace = String((error as { readonly stderr: Buffer }).stderr)
  }
  return { root, trace: trace.replaceAll(`file://${root}`, '/srv/app').replaceAll(root, '/srv/app') }
}

async function read(root: string, issue: string): Promise<Awaited<ReturnType<typeof readSourceMaps>>> {
  const workspace = await openWorkspace({ root })
  try {
    return await readSourceMaps(issue, workspace, new AbortController().signal)
  } finally {
    await workspace.close()
  }
}

/** The word with the source in place of the script. */
function mapped(word: string): string {
  const before = /^(?:\(|o@)?/.exec(word)?.[0] ?? ''
  return `${before}src/billing/largest.ts:3:19`
}

describe('positions in a bundle', () => {
  let place: Awaited<ReturnType<typeof built>>
  let position: string
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-maps-')))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  beforeAll(async () => {
    place = await built(folder, { sourcemap: true })
    position = /shop\.js:(\d+:\d+)/.exec(place.trace)?.[1] ?? ''
  })

  it('become those of the sources, with a notice for each', async () => {
    expect(place.trace).toMatch(/TypeError: Cannot read properties of undefined/)
    const { issue, notices } = await read(place.root, place.trace)
    expect(issue).toMatch(/at \w+ \(src\/billing\/largest\.ts:3:\d+\)\n\s+at \w+ \(src\/billing\/charge\.ts:4:\d+\)/)
    // Node also names the line alone, which here holds the whole bundle.
    expect(issue).toMatch(/^\(minified\)\n/)
    expect(notices[0]).toMatch(
      /^srv\/app\/dist\/shop\.js:1:\d+ was read as src\/billing\/largest\.ts:3:\d+, by dist\/shop\.js\.map\.$/,
    )
  })

  it.each([
    ['a browser', (at: string) => `o@https://shop.example/assets/shop.js?v=8:${at}\n`],
    ['Node on Windows', (at: string) => `    at o (C:\\app\\dist\\shop.js:${at})`],
    ['a dev server', (at: string) => `at o (http://localhost:5173/dist/shop.js:${at})`],
    ['text', (at: string) => `it fails in dist/shop.js:${at}, always`],
  ])('are read as %s writes them', async (_, write) => {
    const { issue } = await read(place.root, write(position))
    expect(issue).toBe(write('').replace(/\S*shop\.js\S*:/, (word) => mapped(word)))
  })

  it('lead to the function: whole searches, of what git tracks and of what it ignores', async () => {
    const issue = `Checkout fails\n\n${place.trace}`
    const policy = createEmbeddedPolicy()
    for (const ignored of ['', 'dist/\n']) {
      writeFiles(place.root, { '.gitignore': ignored, '.git/HEAD': 'ref: refs/heads/main\n' })
      const { files, notices } = await locate({ repository: place.root, issue, policy })
      expect(files[0]).toMatchObject({ path: 'src/billing/largest.ts', functions: [{ name: 'largest' }] })
      expect(notices.join('\n')).toContain('was read as src/billing/largest.ts:3:')
    }
  })
})

it('reads a map in the script itself, and one under another name', async () => {
  const inline = await built(temporaryFolder(), { sourcemap: 'inline' })
  expect((await read(inline.root, inline.trace)).issue).toContain('(src/billing/largest.ts:3:')
  const named = await built(temporaryFolder(), { sourcemap: true })
  const map = readFileSync(join(named.root, 'dist/shop.js.map'), 'utf8')
  const script = readFileSync(join(named.root, 'dist/shop.js'), 'utf8').replace('shop.js.map', '../maps/a.map')
  rmSync(join(named.root, 'dist/shop.js.map'))
  writeFiles(named.root, { 'dist/shop.js': script, 'maps/a.map': map.replaceAll('"../src', '"webpack://shop/./src') })
  expect((await read(named.root, named.trace)).issue).toContain('(src/billing/largest.ts:3:')
})

it('takes a line without a column where all of it comes from one line', async () => {
  const unminified = await built(temporaryFolder(), { sourcemap: true, minify: false })
  const lines = readFileSync(join(unminified.root, 'dist/shop.js'), 'utf8').split('\n')
  const line = lines.findIndex((text) => text.includes('sum / 5') || text.includes('missing.entry')) + 1
  expect((await read(unminified.root, `see dist/shop.js:${line}`)).issue).toMatch(
    /^see src\/billing\/largest\.ts:3:\d+$/,
  )
})

it('finds a source that git tracks although an ignore file matches it', async () => {
  const root = writeFiles(temporaryFolder(), {
    '.gitignore': '*.gen.ts\n',
    'src/api.gen.ts': 'export const api = 1\n',
    'dist/api.js.map': mapText({ sources: ['../src/api.gen.ts'] }),
  })
  execFileSync('git', ['init', '-q'], { cwd: root })
  execFileSync('git', ['add', '-f', '.'], { cwd: root })
  expect((await read(root, 'at dist/api.js:1:1')).issue).toBe('at src/api.gen.ts:1:1')
})

function mapText(more: object): string {
  return JSON.stringify({ version: 3, sources: ['a.ts'], mappings: 'AAAA', ...more })
}

function oneSource(): string {
  return writeFiles(temporaryFolder(), { 'a.ts': 'x' })
}

describe('limits are announced', () => {
  const scripts = ['a', 'b', 'c', 'd'].map((name) => `${name}.js`)

  it('of maps', async () => {
    const folder = writeFiles(oneSource(), Object.fromEntries(scripts.map((script) => [`${script}.map`, mapText({})])))
    const { issue, notices } = await read(folder, scripts.map((script) => `${script}:1:1`).join(' '))
    expect(issue).toBe('a.ts:1:1 a.ts:1:1 a.ts:1:1 d.js:1:1')
    expect(notices.at(-1)).toBe('Only the maps of the first 3 compiled scripts were read.')
  })

  it('of positions', async () => {
    const folder = writeFiles(oneSource(), { 'a.js.map': mapText({}) })
    const { issue, notices } = await read(folder, 'a.js:1:1 '.repeat(101))
    expect(issue).toBe(`${'a.ts:1:1 '.repeat(100)}a.js:1:1 `)
    expect(notices.at(-1)).toBe('Only the first 100 positions in compiled scripts were looked up in source maps.')
  })

  it.each([
    ['mappings', mapText({ mappings: 'AAAA,'.repeat(500_000) }), /a\.js\.map was not used: it has more than 2 million/],
    ['bytes', mapText({ more: ' '.repeat(10_000_000) }), /^a\.js\.map was not read for source maps: .* 10 MB/],
  ])('of %s', async (_, map, notice) => {
    const { issue, notices } = await read(writeFiles(oneSource(), { 'a.js.map': map }), 'at a.js:1:1')
    expect(issue).toBe('at a.js:1:1')
    expect(notices).toEqual([expect.stringMatching(notice)])
  })
})

describe('what is no map', () => {
  const issue = 'fails at o (dist/shop.js:1:20)'
  it.each([
    ['nothing', {}],
    ['no JSON', { 'dist/shop.js.map': '{' }],
    ['no object', { 'dist/shop.js.map': '7' }],
    ['mappings that are none', { 'dist/shop.js.map': mapText({ mappings: '%%%%' }) }],
    ['no mappings', { 'dist/shop.js.map': mapText({ mappings: undefined }) }],
    ['sources that are none', { 'dist/shop.js.map': mapText({ sources: [7] }) }],
    ['a source that the tree lacks', { 'dist/shop.js.map': mapText({ sources: ['../../../etc/passwd'] }) }],
    [
      'a script that names a map elsewhere',
      { 'dist/shop.js': 'x()\n//# sourceMappingURL=https://evil.example/a.map\n' },
    ],
    ['a script that names a file above the root', { 'dist/shop.js': 'x()\n//# sourceMappingURL=../../../../a.map\n' }],
  ])('leaves the issue as it is: %s', async (_, files) => {
    expect(await read(writeFiles(temporaryFolder(), files), issue)).toEqual({ issue, notices: [] })
  })

  it('follows no link out of the folder', async () => {
    const outside = writeFiles(temporaryFolder(), { 'a.map': mapText({}) })
    const root = writeFiles(temporaryFolder(), { 'a.ts': 'x' })
    symlinkSync(join(outside, 'a.map'), join(root, 'shop.js.map'))
    expect(await read(root, issue)).toEqual({ issue, notices: [] })
    expect((await read(outside, 'shop.js:1:1')).notices).toEqual([])
  })

  it('is soon done with a long text and many positions', async () => {
    const root = writeFiles(temporaryFolder(), { 'a.ts': 'x', 'b.js.map': mapText({ sources: ['a.ts'] }) })
    const text = `${'a'.repeat(60_000)}\n${Array.from({ length: 2_000 }, (_, line) => `b${line}.js:${line}:1`).join(' ')}`
    const before = process.cpuUsage()
    expect(await read(root, text)).toEqual({ issue: text, notices: [] })
    const { user } = process.cpuUsage(before)
    expect(user).toBeLessThan(3_000_000)
  })

  it('stops with the signal', async () => {
    const workspace = await openWorkspace({ root: writeFiles(temporaryFolder(), { 'shop.js.map': mapText({}) }) })
    expect(await readSourceMaps('shop.js:1:1', workspace, AbortSignal.abort())).toEqual({
      issue: 'shop.js:1:1',
      notices: [],
    })
    await workspace.close()
  })
})

describe('a map that costs much', () => {
  const mappings = `AAAA${',CAAC'.repeat(300_000)}`
  const plain = { version: 3, sources: ['../src/main.ts'], names: [], mappings: 'AAAA' }
  const indexed = (map: object): object => ({
    version: 3,
    sources: [],
    mappings: '',
    sections: [{ offset: { line: 0, column: 0 }, map: { ...plain, ...map } }],
  })

  it.each([
    ['an indexed map is read', JSON.stringify(indexed({})), true],
    ['texts may have brackets', JSON.stringify({ ...plain, sourcesContent: ['["\\'.repeat(999)] }), true],
    ['two of its maps are too long together', JSON.stringify({ ...indexed({ mappings }), mappings }), false],
    ['it nests too deep', `{"deep":${'['.repeat(99)}${']'.repeat(99)},${JSON.stringify(plain).slice(1)}`, false],
  ])('%s', async (_, map, isRead) => {
    const root = writeFiles(temporaryFolder(), { ...SOURCES, 'dist/a.js': 'x\n', 'dist/a.js.map': map })
    const { issue } = await read(root, 'at f (dist/a.js:1:1)')
    expect(issue).toBe(isRead ? 'at f (src/main.ts:1:1)' : 'at f (dist/a.js:1:1)')
  })
})
