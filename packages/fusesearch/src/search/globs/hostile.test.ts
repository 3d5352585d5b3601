import { describe, expect, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { PROGRAM_LIMITS } from '../limits.ts'
import { type Call, type Observation } from '../tool.ts'
import { openTree } from '../tree.ts'
import { runTurn } from '../turn.ts'

const LONG_NAME = `${'a'.repeat(200)}.py`

const FILES = { [LONG_NAME]: 'foo\n', 'src/a.py': 'foo\n', 'x\\\\': 'foo\n' }

async function run(call: Call, root = writeFiles(temporaryFolder(), FILES)): Promise<Observation | undefined> {
  const tree = await openTree({ root, ignoreRules: 'none' })
  const signal = new AbortController().signal
  return (await runTurn(tree, [call], { limits: PROGRAM_LIMITS, bytesLeft: 1_000_000, signal })).observations[0]
}

// Each of these kept a matcher that goes back in the path busy for ever.
const ENDLESS: readonly (readonly [string, readonly string[]])[] = [
  ['(?:([a-z/.-]+)+)zz', []],
  [String.raw`x\\\\`, [String.raw`x\\`]],
  ['*a*a*a*a*ab', []],
  [`${'*a'.repeat(60)}*.py`, [LONG_NAME]],
  [`${'**/'.repeat(40)}zz`, []],
  [`{${'*a*,'.repeat(40)}}b`, []],
  [`${'{a,aa}'.repeat(100)}b`, []],
  [`{${'a'.repeat(30)}..`.repeat(10) + '}'.repeat(10), []],
]

describe.each(ENDLESS)('%.40s', (pattern, paths) => {
  test('as a glob', async () => {
    expect(await run({ tool: 'glob', arguments: { patterns: [pattern] } })).toMatchObject({ ok: true, paths })
    const all = await run({ tool: 'glob', arguments: { patterns: ['**', `!${pattern}`], ignoreCase: true } })
    expect(all).toMatchObject({ ok: true, total: 3 - paths.length })
  })

  test('as globs of a grep', async () => {
    const grep = { pattern: 'foo', mode: 'paths', globs: [pattern] } as const
    expect(await run({ tool: 'grep', arguments: grep })).toMatchObject({ ok: true, paths })
  })
})

test('malformed globs fail as the call that they belong to', async () => {
  const failed = { ok: false, code: 'bad-pattern', message: expect.stringContaining('"src/[ab" has a [ without its ]') }
  expect(await run({ tool: 'glob', arguments: { patterns: ['src/[ab'] } })).toMatchObject({ tool: 'glob', ...failed })
  const grep = { pattern: 'foo', globs: ['!src/[ab'] }
  expect(await run({ tool: 'grep', arguments: grep })).toMatchObject({ tool: 'grep', ...failed })
})
