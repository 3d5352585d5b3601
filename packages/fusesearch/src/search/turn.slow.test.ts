import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { PROGRAM_LIMITS } from './limits.ts'
import { createLauncher } from './rg/launcher.ts'
import { type Call, type Observation } from './tool.ts'
import { openTree, type Tree } from './tree.ts'
import { runTurn } from './turn.ts'

test('a turn of greps holds a flood in bounds', async () => {
  const flood = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`f${index}.txt`, 'foo bar\n'.repeat(5_000)]),
  )
  const root = writeFiles(temporaryFolder(), flood)
  // A busy machine needs more than the ten seconds of a call.
  const patient = { ...PROGRAM_LIMITS, callTimeoutMs: 100_000 }
  const run = async (on: Tree, ...calls: readonly Call[]): Promise<readonly Observation[]> =>
    (await runTurn(on, calls, { limits: patient, bytesLeft: 4_000_000, signal: new AbortController().signal }))
      .observations
  const foo: Call = { tool: 'grep', arguments: { pattern: 'foo' } }
  const bar: Call = { tool: 'grep', arguments: { pattern: 'bar', mode: 'counts' } }
  const launcher = createLauncher()
  onTestFinished(() => launcher.close())
  const tree = await openTree({ root, ignoreRules: 'respect' })
  const launched = await openTree({ root, ignoreRules: 'respect', launcher })
  const together = await run(tree, foo, bar)
  const [alone] = await run(tree, foo)
  expect(together[0]).toEqual(alone)
  expect(await run(launched, foo, bar)).toEqual(together)
  expect(await run(launched, foo)).toEqual([alone])
  expect(alone).toMatchObject({ totals: { files: 40, lines: 200_000 } })
})
