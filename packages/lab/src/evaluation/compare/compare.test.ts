import { expect, test } from 'vitest'
import { doneRow, RUN_HEADER } from '../../../../../test/support/rows.ts'
import type { DoneRow, Row } from '../row.ts'
import { compareRuns, type RunSide } from './compare.ts'

interface Spent {
  readonly answered: string
  readonly turns?: number
  readonly breadth?: number
  readonly ms?: number
  readonly gold?: string
}

function row(id: string, { answered, turns = 2, breadth = 4, ms = 100, gold: path = 'a.py' }: Spent): DoneRow {
  const gold = { files: [path], functions: [], addsFile: false, addsFunction: false, kept: true }
  const calls = breadth * (turns - 1)
  const byTurn = calls === 0 ? [] : Array.from({ length: turns - 1 }, () => ({ breadth, gain: 1, redundant: 0 }))
  const spent = { turns, calls, byTurn, ms: { total: ms, policy: 1, tools: 1 } }
  const stats = { ...spent, efficiency: 1, bytesShown: 1, goldCalls: 0, isCut: false }
  return doneRow(id, { gold, answered: [answered], stats })
}

function side(rows: readonly Row[], maxTurns = 4): RunSide {
  const header = { ...RUN_HEADER, identity: { ...RUN_HEADER.identity, maxTurns } }
  return { run: 'runs/x', policy: 'p', header, rows, folderOf: () => 'runs/x' }
}

test('wins, losses and the paired difference match a count by hand', () => {
  const a = side([
    row('1', { answered: 'a.py' }),
    row('2', { answered: 'a.py' }),
    row('3', { answered: 'x' }),
    row('9', { answered: 'x' }),
  ])
  const b = side([row('1', { answered: 'a.py' }), row('2', { answered: 'x', ms: 40 }), row('3', { answered: 'x' })])
  const comparison = compareRuns(a, b)
  expect(comparison).toMatchObject({ instances: 3, onlyInA: 1, onlyInB: 0 })
  expect(comparison.subsets.all.file).toMatchObject({ a: 66.7, b: 33.3, wins: 1, losses: 0, ties: 2 })
  expect(comparison.subsets.all.file.difference).toMatchObject({ n: 3, value: 33.3, low: 0, high: 100 })
  expect(comparison.subsets.kept.function.difference.n).toBe(0)
  expect(comparison.ms.mean).toBe(20)
  expect(comparison.mostChanged.map(({ id }) => id)).toEqual(['2'])
})

test('equal budgets compare every pair', () => {
  const { equalTurns, equalCalls } = compareRuns(
    side([row('1', { answered: 'a.py' })]),
    side([row('1', { answered: 'x' })]),
  )
  expect(equalTurns).toMatchObject({
    basis: 'budget',
    instances: 1,
    meaning: 'both had a limit of 4 turns, answer included',
  })
  expect(equalCalls).toMatchObject({
    basis: 'budget',
    meaning: 'both had a limit of 12 calls',
    spent: { a: { turns: 2, calls: 4 } },
  })
})

test('unequal budgets compare only the instances on which both used the same amount', () => {
  const a = side([row('1', { answered: 'a.py', turns: 2 }), row('2', { answered: 'a.py', turns: 4 })])
  const b = side(
    [row('1', { answered: 'x', turns: 2, breadth: 1 }), row('2', { answered: 'x', turns: 13, breadth: 1 })],
    32,
  )
  const { equalTurns, equalCalls } = compareRuns(a, b)
  expect(equalTurns).toMatchObject({ basis: 'instances', instances: 1 })
  // 12 calls on both for the second instance; 4 and 1 on the first.
  expect(equalCalls).toMatchObject({ basis: 'instances', instances: 1, spent: { a: { calls: 12 }, b: { calls: 12 } } })
})

test('comparing with a ranker has no equal turns or calls', () => {
  const { equalTurns, equalCalls } = compareRuns(
    side([row('1', { answered: 'a.py' })]),
    side([row('1', { answered: 'x', turns: 1, breadth: 0 })]),
  )
  expect([equalTurns, equalCalls]).toEqual([null, null])
})

test('refuses runs of different datasets', () => {
  const a = side([row('1', { answered: 'a.py' })])
  expect(() => compareRuns(a, side([row('2', { answered: 'a.py' })]))).toThrow(/have no instance in common/)
  expect(() => compareRuns(a, side([row('1', { answered: 'a.py', gold: 'z.py' })]))).toThrow(
    /different gold for 1 instances, 1 for one.*different versions/s,
  )
})
