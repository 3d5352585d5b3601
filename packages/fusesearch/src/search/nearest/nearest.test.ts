import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { MODEL_LIMITS, PROGRAM_LIMITS } from '../limits.ts'
import { renderObservation } from '../render.ts'
import { openScope } from '../scope.ts'
import { type Call, type Observation } from '../tool.ts'
import { openTree } from '../tree.ts'
import { runTurn } from '../turn.ts'
import { closenessOf, editDistance, subWords, wantedName } from './closeness.ts'
import { nearestNames } from './names.ts'
import { nearestPaths } from './paths.ts'
import { withSuggestions } from './show.ts'
import { namesOfPattern, pathsOfGlob } from './wanted.ts'

const FILES = {
  'shop/cart.py': 'class Cart:\n    def apply_discount(self, percent):\n        return self.total_price()\n',
  'shop/catalog.py': 'def find_product(name):\n    apply_discount()\n    applyDiscounts()\n',
  'lib/util/strings.ts': 'export const trimEnd = 1\n',
  'node_modules/x.js': 'apply_discounts\n',
  '.gitignore': 'node_modules\n',
  'bin/data': 'apply_discount_\0',
}

const grep = (pattern: string, more: object = {}): Call => ({ tool: 'grep', arguments: { pattern, ...more } })
const glob = (...patterns: string[]): Call => ({ tool: 'glob', arguments: { patterns } })
const read = (path: string): Call => ({ tool: 'read_file', arguments: { path } })

async function run(calls: readonly Call[], limits = MODEL_LIMITS) {
  const root = mkdtempSync(join(tmpdir(), 'fusesearch-nearest-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const tree = await openTree({ root, ignoreRules: 'respect' })
  const one = async (some: readonly Call[]) => {
    const options = { limits, bytesLeft: 1_000_000, signal: new AbortController().signal }
    return (await runTurn(tree, some, options)).observations
  }
  const together = await one(calls)
  // Each gets what it gets alone, and its bytes are what a model reads.
  for (const [index, call] of calls.entries()) expect(await one([call])).toEqual([together[index]])
  for (const shown of together) expect(shown.bytes).toBe(Buffer.byteLength(renderObservation(shown)))
  return together
}

const suggested = async (call: Call) => (await run([call]))[0]?.suggestions

describe('what a miss suggests', () => {
  test('a grep: identifiers of the tree with their first place, ignored and binary files left out', async () => {
    const [typed, words, elsewhere] = await run([
      grep('aply_discount'),
      grep(String.raw`def\s+discountApply\b`),
      grep('find_product', { globs: ['lib/**'], mode: 'paths' }),
    ])
    expect(typed?.suggestions).toEqual(['apply_discount (shop/cart.py:2)', 'applyDiscounts (shop/catalog.py:3)'])
    expect(words?.suggestions?.[0]).toBe('apply_discount (shop/cart.py:2)')
    expect(elsewhere?.suggestions?.[0]).toBe('find_product (shop/catalog.py:1)')
    expect(typed && renderObservation(typed)).toBe(
      'No match.\n[Nearest names that exist: apply_discount (shop/cart.py:2), applyDiscounts (shop/catalog.py:3)]\n',
    )
  })

  test('a grep of one word: by letters', async () => {
    expect(await suggested(grep('persent'))).toEqual(['percent (shop/cart.py:2)'])
    expect(await suggested(grep('zzzzqqqq'))).toBeUndefined()
    expect(await suggested(grep(String.raw`\d{7}`))).toBeUndefined()
  })

  test('a file that is not there: the same name, the same stem, near names, the folder', async () => {
    const [same, stem, near, folder, none] = await run([
      read('src/cart.py'),
      read('strings.js'),
      read('shop/catalogue.py'),
      read('shop/zebra.py'),
      read('zebra.py'),
    ])
    expect(same?.suggestions).toEqual(['shop/cart.py'])
    expect(stem?.suggestions).toEqual(['lib/util/strings.ts'])
    expect(near?.suggestions?.[0]).toBe('shop/catalog.py')
    expect(folder?.suggestions).toEqual(['shop/cart.py', 'shop/catalog.py'])
    expect(none).toMatchObject({ ok: false, message: 'zebra.py does not exist. glob lists what there is.' })
    expect(same && renderObservation(same)).toBe(
      'src/cart.py does not exist.\n[Nearest paths that exist: shop/cart.py]\n',
    )
  })

  test('a glob: what its patterns name without wildcards', async () => {
    expect(await suggested(glob('src/**/cart*.tsx'))).toEqual(['shop/cart.py'])
    expect(await suggested(glob('lib/utils/**/*.ts', '!x'))).toBeUndefined()
    expect(await suggested(glob('**/*.zig'))).toBeUndefined()
  })

  test('nothing, and nothing else changed, where no suggestions are asked for', async () => {
    const calls = [grep('aply_discount'), read('src/cart.py'), glob('src/cart.py'), grep('apply_discount')]
    const [miss, missing, none, hit] = await run(calls, PROGRAM_LIMITS)
    expect(miss).toEqual({
      ok: true,
      tool: 'grep',
      mode: 'content',
      files: [],
      totals: { files: 0, lines: 0, occurrences: 0 },
      notices: [],
      bytes: 10,
    })
    const message = 'src/cart.py does not exist. Of the same name: shop/cart.py.'
    expect(missing).toEqual({ ok: false, tool: 'read_file', code: 'not-found', message, bytes: message.length + 1 })
    expect(none).toEqual({ ok: true, tool: 'glob', paths: [], total: 0, notices: [], bytes: 17 })
    expect(await run(calls, { ...PROGRAM_LIMITS, suggestions: 0 })).toEqual([miss, missing, none, hit])
    expect((await run(calls))[3]).toEqual(hit)
  })
})

describe('bounds', () => {
  test('a walk that was ended suggests nothing', async () => {
    const tree = await openTree({ root: mkdtempSync(join(tmpdir(), 'fusesearch-nearest-')), ignoreRules: 'none' })
    onTestFinished(() => rmSync(tree.root, { recursive: true, force: true }))
    writeFileSync(join(tree.root, 'a.py'), 'apply_discount = 1\n')
    const find = (signal: AbortSignal) => {
      const scope = openScope([signal], 10_000)
      onTestFinished(() => scope.close())
      return nearestNames({ tree, limits: MODEL_LIMITS, scope }, [{ pattern: 'aply_discount' }, { pattern: '.' }])
    }
    expect(await find(new AbortController().signal)).toEqual([['apply_discount (a.py:1)'], []])
    expect(await find(AbortSignal.abort())).toEqual([[], []])
  })

  test('long paths leave room for the rest of the call', () => {
    const found = Array.from({ length: 5 }, (_, index) => `${'x'.repeat(250)}${index}`)
    const missing = { ok: false, tool: 'read_file', code: 'not-found', message: 'no', bytes: 3 } as const
    const shown = withSuggestions<Observation>(missing, found)
    expect(shown.suggestions).toEqual(found.slice(0, 2))
    expect(shown.bytes).toBe(Buffer.byteLength(renderObservation(shown)))
    expect(withSuggestions<Observation>(missing, [])).toBe(missing)
  })
})

describe('nearness', () => {
  test('of names', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(subWords('parseHTTPReply_v2')).toEqual(['parse', 'http', 'reply', 'v2'])
    expect(editDistance('abcdefgh', 'zzzzzzzz', 2)).toBeGreaterThan(2)
    expect(closenessOf(wantedName('getUserName'), 'get_user_name')).toBe(1)
    // get, user, name, fetch: 2 of 4.
    expect(closenessOf(wantedName('getUserName'), 'fetchUserName')).toBe(0.5)
    expect(closenessOf(wantedName('abc'), 'abd')).toBe(0)
  })

  test('of what patterns ask for', () => {
    expect(namesOfPattern({ pattern: String.raw`class\s+Foo_Bar\b|[a-z]+|return|getX1\(` })).toEqual([
      'Foo_Bar',
      'getX1',
    ])
    expect(namesOfPattern({ pattern: String.raw`\broken`, literal: true })).toEqual(['broken'])
    expect(pathsOfGlob({ patterns: ['./src/**/{cart,till}*.py', '!x', 'a/b/*.py', '**'] })).toEqual([
      'src/cart.py',
      'a/b',
      '',
    ])
  })

  test('hostile patterns of full length are read in linear time', () => {
    const folders = `${').'.repeat(3_000)}${'/.a'.repeat(1_300)}`
    for (const hostile of [folders, '['.repeat(10_000), String.raw`\{`.repeat(5_000), `{${'a'.repeat(9_999)}`]) {
      expect(pathsOfGlob({ patterns: [hostile] })).toHaveLength(1)
    }
    for (const pattern of ['['.repeat(10_000), String.raw`\p{`.repeat(3_000)])
      expect(namesOfPattern({ pattern })).toEqual([])
  })

  test('of paths: any order of the list gives the same', () => {
    const files = Array.from({ length: 2_000 }, (_, index) => `a${index % 7}/cart_${index}/item_${index % 13}.ts`)
    const wanted = ['a3/cart_17/item_44.ts']
    const best = nearestPaths(wanted, files, 5)
    expect(best).toHaveLength(5)
    expect(nearestPaths(wanted, files.toReversed(), 5)).toEqual(best)
    expect(nearestPaths(wanted, files, 0)).toEqual([])
  })
})
