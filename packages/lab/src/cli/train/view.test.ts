import { expect, test } from 'vitest'
import type { TrainProgress } from '../../training/index.ts'
import { createTrainView, renderTrainProgress } from './view.ts'

const VALIDATION: NonNullable<TrainProgress['validation']> = {
  n: 9,
  reward: 0.8125,
  f1: 0.5,
  fileF1: 0.625,
  functionF1: 0.4,
  efficiency: 0.55,
  redundancy: 0.2,
  turns: 3,
  calls: 14,
  bytes: 9_000,
  breadth: [6, 4],
}

function progress(done: number, rest: Partial<TrainProgress> = {}): TrainProgress {
  return {
    phase: 'grpo',
    iteration: 1,
    iterations: 10,
    done,
    total: 100,
    rolloutsPerSecond: 41.23,
    validation: undefined,
    ...rest,
  }
}

function makeView(isTTY: boolean, columns = 200) {
  const written: string[] = []
  const time = { nowMs: 0 }
  const stream = { isTTY, columns, write: (text: string) => written.push(text) }
  return { view: createTrainView(stream, { nowMs: () => time.nowMs }), written, time }
}

test('the line shows the step, the rate, the time left and the last validation', () => {
  const line = renderTrainProgress(progress(33, { validation: VALIDATION }), { stepMs: 12_400, allMs: 3_725_000 })
  expect(line).toBe(
    'update 1 of 10: 33/100 samples · 41.2 rollouts/s · 0:12 left, at most 1:02:05 in all · held out: reward 0.813, F1 62.5 file 40.0 function, e 55.0',
  )
  expect(renderTrainProgress(progress(1, { phase: 'sft' }), { stepMs: null, allMs: null })).toBe(
    'cloning: 1/100 samples · 41.2 rollouts/s',
  )
})

test('time left is derived from the rate of the step, and from whole updates from the second on', () => {
  const { view, written, time } = makeView(true)
  view.show(progress(10))
  time.nowMs = 10_000
  // 50 samples in 10 s: 40 more take 8 s.
  view.show(progress(60))
  expect(written.at(-1)).toContain('0:08 left')
  time.nowMs = 20_000
  view.show(progress(10, { iteration: 2 }))
  // One update in 20 s: 8.9 more take 178 s.
  expect(written.at(-1)).toContain(' · at most 2:58 in all')
  time.nowMs = 30_000
  // 1.4 updates in 30 s: 8.5 more take 182 s. 40 samples in 10 s: 50 more take 12.5 s.
  view.show(progress(50, { iteration: 2 }))
  expect(written.at(-1)).toContain('0:13 left, at most 3:02 in all')
})

test('a terminal line is redrawn in place, not cleared first, not too often, and never wraps', () => {
  const { view, written, time } = makeView(true, 44)
  view.show(progress(1))
  time.nowMs = 50
  view.show(progress(2))
  expect(written).toHaveLength(1)
  time.nowMs = 150
  view.show(progress(3))
  expect(written).toEqual([
    '\rstep 3 of 5 · update 1 of 10: 1/100 samples\u001b[K',
    '\rstep 3 of 5 · update 1 of 10: 3/100 samples\u001b[K',
  ])
  view.end()
  expect(written.at(-1)).toBe('\r\u001b[K')
  view.end()
  expect(written).toHaveLength(3)
})

test('the line shows the step of the whole training, including its held-out samples', () => {
  const { view, written, time } = makeView(false)
  for (const phase of ['validation', 'ranking', 'validation', 'sft', 'grpo', 'answers', 'lengths'] as const) {
    time.nowMs += 1_000
    view.show(progress(1, { phase }))
  }
  expect(written.map((line) => line.split(':')[0])).toEqual([
    'held out',
    'step 1 of 5 · ranking',
    'step 1 of 5 · held out',
    'step 2 of 5 · cloning',
    'step 3 of 5 · update 1 of 10',
    'step 4 of 5 · ranking, second fit',
    'step 5 of 5 · lengths of answers',
  ])
})

test('a log gets a line per step and one per minute', () => {
  const { view, written, time } = makeView(false)
  for (let second = 0; second < 130; second += 1) {
    time.nowMs = second * 1_000
    view.show(progress(second % 100, { iteration: second < 100 ? 1 : 2 }))
  }
  view.end()
  expect(written.map((line) => line.slice(0, 38))).toEqual([
    'step 3 of 5 · update 1 of 10: 0/100 sa',
    'step 3 of 5 · update 1 of 10: 60/100 s',
    'step 3 of 5 · update 2 of 10: 0/100 sa',
  ])
  expect(written.every((line) => line.endsWith('\n') && !line.includes('\u001b'))).toBe(true)
})
