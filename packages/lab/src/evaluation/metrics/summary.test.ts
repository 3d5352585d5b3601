import { expect, test } from 'vitest'
import { failedRow, doneRow as searchedRow } from '../../../../../test/support/rows.ts'
import type { DoneRow, Row, RunStats } from '../row.ts'
import { summarizePolicies } from './summary.ts'

const stats: RunStats = {
  turns: 3,
  calls: 4,
  byTurn: [
    { breadth: 3, gain: 0.5, redundant: 1 },
    { breadth: 1, gain: 1, redundant: 0 },
  ],
  efficiency: 0.625,
  bytesShown: 100,
  goldCalls: 1,
  isCut: false,
  ms: { total: 10, policy: 6, tools: 4 },
}

function doneRow(id: string, options: Partial<DoneRow> & { kept?: boolean; answered?: string[] } = {}): DoneRow {
  const { kept = true, answered = ['a.py'], ...rest } = options
  const gold = { files: ['a.py'], functions: [{ path: 'a.py', name: 'f' }], addsFile: false, addsFunction: false, kept }
  return { ...searchedRow(id, { gold, answered, stats }), ...rest }
}

test('the cost of models is a mean over the searches that used one', () => {
  const use = { requests: 2, inputTokens: 1_000, outputTokens: 100, cachedTokens: null, isEstimated: false, ms: 900 }
  const withModel = (id: string, model: Partial<RunStats['model']>): Row =>
    doneRow(id, { stats: { ...stats, model: { ...use, cost: null, retries: 0, ...model } } })
  const rows = [
    withModel('1', { cost: 0.002, cachedTokens: 600 }),
    withModel('2', { cost: 0.004, requests: 5, inputTokens: 4_001, isEstimated: true, ms: 1_100 }),
    doneRow('3'),
    failedRow('4', null),
  ]
  expect(summarizePolicies(rows, ['p'])[0]?.subsets.all.search.model).toEqual({
    n: 2,
    requests: 3.5,
    // 5,001 over 2, to whole tokens.
    inputTokens: 2_501,
    outputTokens: 100,
    // From the one that reports it.
    cachedTokens: 600,
    cost: 0.003,
    ms: 1_000,
    estimated: 1,
  })
  expect(summarizePolicies([doneRow('1')], ['p'])[0]?.subsets.all.search.model).toBeNull()
})

test('means, subsets and failures as hand-computed', () => {
  const rows: Row[] = [
    doneRow('1'),
    doneRow('2', { answered: ['a.py', 'b.py'] }),
    doneRow('3', { kept: false, answered: ['x.py'] }),
    failedRow('4', null),
  ]
  const [summary] = summarizePolicies(rows, ['p'])
  // File F1: 1, 2/3, 0, 0 (failed).
  expect(summary?.subsets.all.file.f1).toMatchObject({ n: 4, value: 41.7 })
  expect(summary?.subsets.all.file.precision.value).toBe(37.5)
  expect(summary?.subsets.all.file.recall.value).toBe(50)
  expect(summary?.subsets.all.failed).toBe(1)
  // Kept: 1, 2/3 and the failed one, whose gold is unknown.
  expect(summary?.subsets.kept.file.f1).toMatchObject({ n: 3, value: 55.6 })
  expect(summary?.subsets.all.search.n).toBe(3)
  expect(summary?.subsets.all.search.answer.files).toBe(1.33)
})

test('a failed row with gold counts at the levels with gold', () => {
  const gold = { files: ['a.py'], functions: [], addsFile: false, addsFunction: false, kept: false }
  const [summary] = summarizePolicies([doneRow('1'), failedRow('2', gold)], ['p'])
  expect(summary?.subsets.all.file.f1).toMatchObject({ n: 2, value: 50 })
  expect(summary?.subsets.all.function.f1.n).toBe(1)
  expect(summary?.subsets.kept.instances).toBe(1)
})

test('turns weight gain and redundancy by calls; a null e is left out and counted', () => {
  const silent: RunStats = { ...stats, calls: 0, byTurn: [], efficiency: null, goldCalls: 0 }
  const wide: RunStats = { ...stats, calls: 5, byTurn: [{ breadth: 5, gain: 0.1, redundant: 4 }], efficiency: 0.1 }
  const rows = [doneRow('1'), doneRow('2', { stats: silent }), doneRow('3', { stats: wide })]
  const search = summarizePolicies(rows, ['p'])[0]?.subsets.all.search
  expect(search?.efficiency).toEqual({ value: 36.3, n: 2, nulls: 1 })
  // Turn 1: 8 calls in 2 trajectories, gain (3 · 0.5 + 5 · 0.1) / 8, 5 redundant.
  expect(search?.byTurn).toEqual([
    { turn: 1, n: 2, breadth: 4, gain: 25, redundancy: 62.5 },
    { turn: 2, n: 1, breadth: 1, gain: 100, redundancy: 0 },
  ])
  expect(search?.redundancy).toBe(55.6)
  expect(search?.goldCalls).toBe(22.2)
})

test('groups by gold size and kind; an unknown policy has no rows', () => {
  const [summary, none] = summarizePolicies([doneRow('1', { kinds: ['names-file', 'has-traceback'] })], ['p', 'q'])
  const groups = summary?.subsets.all.breakdown.map(({ by, group }) => `${by}=${group}`)
  expect(groups).toEqual([
    'repository=o/r',
    'language=python',
    'gold-files=1',
    'gold-functions=1',
    'issue-kind=has-traceback',
    'issue-kind=names-file',
  ])
  expect(none?.subsets.all.file.f1).toEqual({ n: 0, value: null, low: null, high: null })
})
