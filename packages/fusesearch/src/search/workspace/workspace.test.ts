import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROGRAM_LIMITS } from '../limits.ts'
import { openTree } from '../tree.ts'
import { openWorkspace, workspaceOf } from './workspace.ts'

test('runs turns until it is closed; later ones come back as aborted', async () => {
  const root = mkdtempSync(join(tmpdir(), 'fusesearch-workspace-'))
  writeFileSync(join(root, 'a.py'), 'foo\n')
  try {
    const workspace = await openWorkspace({ root })
    const calls = [{ tool: 'grep', arguments: { pattern: 'foo' } }] as const
    const options = { limits: PROGRAM_LIMITS, bytesLeft: 10_000, signal: new AbortController().signal }
    const turn = await workspace.runTurn(calls, options)
    expect(turn.observations[0]).toMatchObject({ ok: true, totals: { files: 1 } })
    await workspace.close()
    const late = await workspace.runTurn(calls, options)
    expect(late.observations[0]).toMatchObject({ ok: false, code: 'aborted' })
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('tells of a tree with more than 100,000 files, and of no smaller one', async () => {
  const root = mkdtempSync(join(tmpdir(), 'fusesearch-workspace-'))
  writeFileSync(join(root, 'a.py'), 'foo\n')
  try {
    const tree = await openTree({ root, ignoreRules: 'respect' })
    await tree.listFiles()
    expect([tree.hasMoreThan(0), tree.hasMoreThan(1)]).toEqual([true, false])
    const noticesAt = (files: number): readonly string[] =>
      workspaceOf({ ...tree, hasMoreThan: (most) => files > most }, { signal: undefined, history: undefined }).notices()
    expect(noticesAt(100_000)).toEqual([])
    expect(noticesAt(100_001)).toEqual([expect.stringContaining('more than 100,000 files')])
  } finally {
    rmSync(root, { recursive: true })
  }
})
