import { expect, it } from 'vitest'
import { endLine, grepping, reading, trajectoryText, turnLine } from '../../../../test/support/trajectories.ts'
import { parseTrajectory } from '../agent/index.ts'
import { describeRun } from './page-data.ts'

function block(startLine: number, isFresh: boolean): object {
  return { path: 'shop/cart.py', startLine, endLine: startLine + 49, isFresh }
}

it('marks each entity that an earlier call has shown', async () => {
  const lines = Array.from({ length: 60 }, (_, index) => `line ${index + 1}`)
  const first = turnLine(1, [
    grepping('apply_discount', 'shop/cart.py', [
      [10, 'def apply_discount(self, percent):'],
      [70, 'cart.apply_discount(5)'],
    ]),
    grepping('discount', 'shop/cart.py', [
      [10, 'def apply_discount(self, percent):'],
      [120, 'discount'],
    ]),
  ])
  const text = trajectoryText([first, turnLine(2, [reading('shop/cart.py', lines)])], endLine('shop/cart.py', 'f'))
  const { turns } = describeRun('one', await parseTrajectory(text))
  expect(turns.map(({ shown }) => shown.map(({ entities }) => entities))).toEqual([
    [
      [block(1, true), block(51, true)],
      [block(1, false), block(101, true)],
    ],
    // A block that was only seen counts as new when it is read.
    [[block(1, true), block(51, true)]],
  ])
})

it('has no entities if the trajectory has only digests', async () => {
  const { observations: _, ...turn } = turnLine(1, [grepping('x', 'a.py', [[1, 'x']])]) as { observations: unknown }
  const trajectory = await parseTrajectory(trajectoryText([turn], null, { full: false }))
  const run = describeRun('digests', trajectory)
  expect(run.turns[0]?.shown).toEqual([{ asked: 'x', terms: [], entities: null }])
  expect(run.end).toBeNull()
})

it('finds the searched words in the issue', async () => {
  const turn = turnLine(1, [
    grepping(String.raw`(?i)\bapply_discount\s*\(`, 'a.py', [[1, 'x']]),
    grepping('rounds down', 'a.py', [[1, 'x']]),
    grepping('(?:class|def)\\s+Cart', 'a.py', [[1, 'x']]),
    grepping('nowhere', 'a.py', [[1, 'x']]),
  ])
  const { turns } = describeRun('terms', await parseTrajectory(trajectoryText([turn], null)))
  expect(turns[0]?.shown.map(({ terms }) => terms)).toEqual([
    ['apply_discount'],
    ['rounds down', 'rounds', 'down'],
    ['Cart'],
    [],
  ])
})
