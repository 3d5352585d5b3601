import { expect, test } from 'vitest'
import { parseDefinitions } from '../../code/index.ts'
import { measureBodies } from './bodies.ts'
import { readIssue } from './issue/index.ts'
import { createKnowledge, fileAt } from './knowledge.ts'
import { PathReader } from './path-features.ts'
import { type RankedFunction, rankFunctions } from './rank-functions.ts'
import { TermMatcher } from './text-index.ts'
import { HAND_WEIGHTS } from './weights.ts'

type Source = Readonly<{ path: string; text: string; language: 'java' | 'python' }>

async function rank(issue: string, { path, text, language }: Source): Promise<ReadonlyMap<string, RankedFunction>> {
  const facts = readIssue(issue)
  const knowledge = createKnowledge(facts, new PathReader(facts), HAND_WEIGHTS.term)
  const { terms, quotes } = knowledge.facts
  const file = fileAt(knowledge, path)
  const hits = new TermMatcher(terms, quotes).scan(text.split('\n'))
  const bodies = measureBodies(file, await parseDefinitions(text, language), hits)
  const options = { knowledge, terms, weights: HAND_WEIGHTS.function }
  const ranked = rankFunctions([{ file, bodies, fileScore: 1 }], options)
  return new Map(ranked.map((one) => [one.definition.name, one]))
}

test('a constructor that bears its class’s name is not named by a mention of the class', async () => {
  const text = 'class ZipFile {\n  ZipFile() {}\n  void openStream() {}\n}\n'
  const ranked = await rank('`ZipFile.openStream` is slow', { path: 'ZipFile.java', text, language: 'java' })
  expect(ranked.get('ZipFile.ZipFile')?.features).toMatchObject({ name: 0, qualified: 0, className: 1 })
  expect(ranked.get('ZipFile.openStream')?.features).toMatchObject({ name: 1, qualified: 1, className: 1 })
})

test('size is the logarithm of the tokens over that of a thousand, at most 1', async () => {
  const text = `def short():\n    pass\n\ndef long():\n    ${'a b '.repeat(600)}\n`
  const ranked = await rank('it is slow', { path: 'a.py', text, language: 'python' })
  // Three tokens: def, short, pass.
  expect(ranked.get('short')?.features.size).toBeCloseTo(Math.log(4) / Math.log(1000))
  expect(ranked.get('long')?.features.size).toBe(1)
})
