import type { ShownMetrics, ShownStep, TrainingData } from '../../packages/fusesearch/src/view/index.ts'

function metrics(step: number): ShownMetrics {
  const quality = { reward: 0.5 + step / 100, fileF1: 0.4 + step / 100, functionF1: 0.3, efficiency: 0.6 }
  return { n: 4, ...quality, redundancy: 0.1, turns: 3, calls: 14 - step / 10, bytes: 20_000, breadth: [8, 4, 2] }
}

const HISTORY: readonly ShownStep[] = [
  { phase: 'hand', iteration: 0, validation: metrics(0) },
  { phase: 'ranking', iteration: 0, train: metrics(0), validation: metrics(1) },
  { phase: 'sft', iteration: 0, train: metrics(9), validation: metrics(2) },
  ...[1, 2, 3].map((iteration): ShownStep => {
    const loss = { kl: 0.01, entropy: 1, clipped: 0.1 }
    return { phase: 'grpo', iteration, train: metrics(iteration), validation: metrics(2 + iteration), loss, price: 0.1 }
  }),
]

/** The data of the page of a training with six steps. */
export function toldTraining(): TrainingData {
  return {
    kind: 'training',
    title: 'A training',
    command: 'fusesearch train a.jsonl',
    state: 'ended',
    writtenAt: '2026-01-01T00:00:00.000Z',
    history: HISTORY,
    best: 4,
    iterations: 40,
    breadth: { before: [8, 5, 3], after: [8, 4, 2] },
    gains: [{ name: 'reward', n: 4, before: '0.5', after: '0.6', difference: '+0.1 [+0.0, +0.2]', verdict: 'better' }],
    findings: ['Better than before: reward.'],
    facts: [['Seed', '0']],
    skipped: [{ id: 'lost-1', code: 'unknown-commit', message: 'no such commit' }],
    skippedCount: 1,
  }
}
