import { describe, expect, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { findPaths } from '../glob.ts'
import { PROGRAM_LIMITS } from '../limits.ts'
import { type Call } from '../tool.ts'
import { openTree } from '../tree.ts'
import { runTurn } from '../turn.ts'

describe('globs that would take long on many files', () => {
  // Alternatives that all go on together, and one that leads to a new set of them with nearly every character.
  const patterns = ['*a????????????????????b', `*{${Array.from({ length: 900 }, (_, index) => `?${index}?*`).join()}}z`]
  const files = Array.from({ length: 50_000 }, (_, index) => `${index.toString(2)}${index * 7919}a1a0aa`)
  const { signal } = new AbortController()

  test('are refused after a bounded number of steps', async () => {
    const refused = { ok: false, message: expect.stringContaining('steps') }
    expect(await findPaths(files, { patterns }, signal)).toMatchObject(refused)
    expect(await findPaths(files.slice(0, 5), { patterns }, signal)).toEqual([])
    const root = writeFiles(temporaryFolder(), Object.fromEntries(files.slice(0, 900).map((file) => [file, 'foo\n'])))
    const grep: Call = { tool: 'grep', arguments: { pattern: 'foo', mode: 'paths', globs: patterns } }
    const tree = await openTree({ root, ignoreRules: 'none' })
    const { observations } = await runTurn(tree, [grep], { limits: PROGRAM_LIMITS, bytesLeft: 1_000_000, signal })
    expect(observations[0]).toMatchObject({ ...refused, code: 'bad-pattern' })
  })

  test('leave the thread to other requests and end when they are told to', async () => {
    const controller = new AbortController()
    setImmediate(() => controller.abort(new Error('told to end')))
    await expect(findPaths(files, { patterns }, controller.signal)).rejects.toThrow('told to end')
  })
})
