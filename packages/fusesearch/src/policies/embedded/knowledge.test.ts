import { expect, test } from 'vitest'
import type { HistoryObservation } from '../../search/index.ts'
import { readIssue } from './issue/index.ts'
import { absorb, createKnowledge, fileAt } from './knowledge.ts'
import { PathReader } from './path-features.ts'
import { HAND_WEIGHTS } from './weights.ts'

const COMMIT = { date: '2020-01-01', subject: 'Round discounts', changed: 2 }
const SEEN: HistoryObservation = {
  ok: true,
  tool: 'history',
  paths: [
    { path: 'shop/cart.py', score: 1 },
    { path: 'shop/mail.py', score: 0.6 },
    { path: 'test/test_cart.py', score: 0.4 },
  ],
  commits: [
    { ...COMMIT, id: 'a', score: 20, paths: ['shop/mail.py'] },
    { ...COMMIT, id: 'b', score: 10, paths: ['shop/cart.py', 'test/test_cart.py'] },
    { ...COMMIT, id: 'c', score: 9, paths: ['shop/cart.py', 'shop/mail.py'] },
  ],
  total: 3,
  notices: [],
  bytes: 0,
}

test('history: a source file’s share of what all commits say, and how near its best commit comes to the best', () => {
  const facts = readIssue('discounts are not rounded')
  const knowledge = createKnowledge(facts, new PathReader(facts), HAND_WEIGHTS.term)
  absorb(knowledge, { kind: 'history' }, { observation: SEEN, source: { turn: 1, call: 0 } })
  // 1 and 0.6 of 1.6 are more than the third that is as sure as commits can make it.
  expect(fileAt(knowledge, 'shop/cart.py')).toMatchObject({ history: 1, commit: 0.25 })
  expect(fileAt(knowledge, 'shop/mail.py')).toMatchObject({ history: 1, commit: 1 })
  expect(fileAt(knowledge, 'test/test_cart.py').history).toBeCloseTo(0.75)
  expect(fileAt(knowledge, 'shop/other.py')).toMatchObject({ history: 0, commit: 0 })
})

test('history: commits whose scores are all rounded to 0 say nothing of a file', () => {
  const facts = readIssue('discounts are not rounded')
  const knowledge = createKnowledge(facts, new PathReader(facts), HAND_WEIGHTS.term)
  const observation = { ...SEEN, commits: SEEN.commits.map((commit) => ({ ...commit, score: 0 })) }
  absorb(knowledge, { kind: 'history' }, { observation, source: { turn: 1, call: 0 } })
  expect(fileAt(knowledge, 'shop/mail.py').commit).toBe(0)
})
