import { expect, test } from 'vitest'
import type { Summary } from '../../training/index.ts'
import { createView } from './view.ts'

/** Of 8 rankings, `alone` have the right file first by the similarity alone; no function ranking is open. */
function summary(alone: number): Summary {
  const files = { open: 8, before: 4, alone, first: 5, likelihood: -1, gain: 0.1 }
  return { all: { samples: 9, files }, doubt: { samples: 2 }, gain: 0.1 }
}

test('the line shows the pairs, then the epoch with the time left, then what the last one was worth', () => {
  const view = createView(3)
  expect(view({ kind: 'pairs', done: 3, total: 40 })).toBe('3 of 40 samples searched')
  expect(view({ kind: 'epoch', epoch: 0, best: 0, summary: summary(3) })).toBe(
    'epoch 0 of 3 · held out, untrained: first file 37.5',
  )
  expect(view({ kind: 'step', step: 4, steps: 12, secondsLeft: 3_725 })).toBe(
    'epoch 2 of 3: 4/12 updates · 1:02:05 left · held out, untrained: first file 37.5',
  )
  expect(view({ kind: 'epoch', epoch: 1, best: 1, summary: summary(4) })).toBe(
    'epoch 1 of 3 · held out, epoch 1: first file 50.0, the best so far',
  )
  expect(view({ kind: 'epoch', epoch: 2, best: 1, summary: summary(2) })).toBe(
    'epoch 2 of 3 · held out, epoch 2: first file 25.0',
  )
  expect(view({ kind: 'step', step: 12, steps: 12, secondsLeft: 0 })).toContain('epoch 3 of 3: 12/12 updates')
})
