import type { DoneRow, FailedRow, RowGold, RunStats } from '../../packages/lab/src/evaluation/row.ts'
import type { RunHeader } from '../../packages/lab/src/evaluation/run/folder.ts'
import { scorePrediction } from '../../packages/lab/src/evaluation/score.ts'

/** A run of policy `p` with four turns. */
export const RUN_HEADER: RunHeader = {
  version: 1,
  identity: {
    instances: 'i',
    policies: ['p'],
    seed: 1,
    maxTurns: 4,
    maxBreadth: 8,
    deadlineMs: null,
    limits: 'program',
    includeTests: false,
    build: 'b',
  },
  setup: {
    dataset: 'd',
    datasetName: 'd.jsonl',
    instanceCount: 2,
    command: 'fusesearch eval d',
    version: '0',
    commit: null,
    node: '20',
    rg: null,
    machine: 'two cores',
    startedAt: 'now',
  },
}

const INSTANCE = { version: 1, policy: 'p', repository: 'o/r', language: 'python', kinds: ['none'] } as const

/** The answer of a search, the gold, and the cost. */
export interface Searched {
  readonly gold: RowGold
  /** Files; no function is answered. */
  readonly answered: readonly string[]
  readonly stats: RunStats
}

/** The scored row of an instance that ran. */
export function doneRow(id: string, { gold, answered, stats }: Searched): DoneRow {
  const sets = { files: answered, functions: [] }
  return {
    ...INSTANCE,
    id,
    status: 'done',
    gold,
    ...sets,
    ranking: sets,
    score: scorePrediction({ ...sets, ranking: sets }, gold),
    confidence: 1,
    stats,
    setupMs: { snapshot: 1, harness: 1 },
    trajectory: null,
  }
}

/** The row of an instance that failed. */
export function failedRow(id: string, gold: RowGold | null, message = 'gone'): FailedRow {
  return { ...INSTANCE, id, gold, status: 'failed', error: { code: 'unknown-commit', message }, trajectory: null }
}
