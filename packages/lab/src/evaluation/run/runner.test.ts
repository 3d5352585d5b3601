import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PATIENCE_MS } from '../../../../../test/support/patience.ts'
import type { Row } from '../row.ts'
import { createWorkerRunner } from './runner.ts'

/** A worker that behaves as its policies are named: `dies`, `hangs`, `fatal`; any other one gets a row. */
const WORKER = `
process.on('disconnect', () => process.exit(0))
process.on('message', ({ kind, task }) => {
  if (kind !== 'run') return
  for (const policy of task.policies) {
    const base = { version: 1, id: task.instance.id, policy, gold: null, kinds: ['none'], language: 'x', repository: 'o/r' }
    process.send({ kind: 'event', event: { kind: 'searching', base } })
    if (policy === 'dies') return setTimeout(() => process.exit(3), 50)
    if (policy === 'hangs') return setTimeout(() => { for (;;); }, 50)
    if (policy === 'fatal') return process.send({ kind: 'fatal', code: 'write-failed', message: 'the disk is full' })
    process.send({ kind: 'event', event: { kind: 'row', row: { ...base, status: 'failed', error: { code: String(process.pid), message: '' }, trajectory: null } } })
  }
  process.send({ kind: 'result' })
})
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fusesearch-worker-'))
  writeFileSync(join(folder, 'worker.mjs'), WORKER)
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Limits {
  readonly signal?: AbortSignal
  readonly searchLimitMs?: number
}

async function runPolicies(policies: readonly string[], limits: Limits = {}): Promise<Row[]> {
  const { signal = new AbortController().signal, searchLimitMs = PATIENCE_MS } = limits
  const rows: Row[] = []
  const entry = join(folder, 'worker.mjs')
  const runner = createWorkerRunner({ entry, settings: {}, environment: process.env, searchLimitMs, signal })
  const instance = { id: '1', repo: 'o/r', issue: 'x', source: 's', line: 1 }
  try {
    await runner.run({ instance, fileName: '1', policies }, (event) => event.kind === 'row' && rows.push(event.row))
  } finally {
    await runner.close()
  }
  return rows
}

function outcomes(rows: readonly Row[]): string[] {
  return rows.map(
    (row) => `${row.policy} ${row.status === 'failed' && /^\D/.test(row.error.code) ? row.error.code : 'row'}`,
  )
}

test('a worker that dies fails only its own search', async () => {
  expect(outcomes(await runPolicies(['good', 'dies', 'late']))).toEqual(['good row', 'dies worker-died', 'late row'])
})

test('a worker that hangs is killed after the limit', async () => {
  // Negative, so that with the grace a hung search is given up after half a second.
  const rows = await runPolicies(['hangs', 'late'], { searchLimitMs: -4_500 })
  expect(outcomes(rows)).toEqual(['hangs timed-out', 'late row'])
})

test('a fatal failure ends the run', async () => {
  await expect(runPolicies(['fatal'])).rejects.toMatchObject({ code: 'write-failed', message: 'the disk is full' })
})

test('an abort ends the worker', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('stopped')), 200)
  await expect(runPolicies(['hangs'], { signal: controller.signal })).rejects.toThrow('stopped')
})
