import type { EvaluationData } from '../../packages/fusesearch/src/view/index.ts'
import { summarizePolicies } from '../../packages/lab/src/evaluation/metrics/summary.ts'
import { evaluationData } from '../../packages/lab/src/evaluation/report/page.ts'
import type { Row, RunStats } from '../../packages/lab/src/evaluation/row.ts'
import { writeFiles } from './folder.ts'
import { doneRow, failedRow } from './rows.ts'
import { endLine, grepping, trajectoryText, turnLine } from './trajectories.ts'

/** An instance and how each policy did on it: whether it answered the gold file; null for a search that failed. */
export interface ToldInstance {
  readonly id: string
  readonly repository?: string
  readonly language?: string
  readonly isRight: readonly (boolean | null)[]
  /** Calls of each policy; 8 where left out. */
  readonly calls?: readonly number[]
}

const GOLD_FILE = 'shop/cart.py'

function statsOf(calls: number): RunStats {
  return {
    turns: 2,
    calls,
    byTurn: [{ breadth: calls, gain: 0.5, redundant: 1 }],
    efficiency: 0.5,
    bytesShown: 1_000,
    goldCalls: 1,
    isCut: false,
    ms: { total: 100 * calls, policy: 1, tools: 1 },
  }
}

/** The data of such an evaluation's page; every search that ran has the same trajectory, made in `folder`. */
export async function toldEvaluation(
  instances: readonly ToldInstance[],
  policies: readonly string[],
  folder: string,
): Promise<EvaluationData> {
  const turn = turnLine(1, [grepping('apply_discount', GOLD_FILE, [[2, 'def apply_discount(self):']])])
  const text = trajectoryText([turn], endLine(GOLD_FILE, 'Cart.apply_discount'))
  writeFiles(folder, { 'trajectories/one.jsonl': text })
  const sides = policies.map((label, policy) => {
    const rows = instances.map((instance) => rowOf(instance, policy))
    const [summary] = summarizePolicies(rows, ['p'])
    if (summary === undefined) throw new Error('one policy has one summary')
    return { label, summary, rows, folderOf: () => folder }
  })
  const about = { title: 'made up', commands: ['fusesearch eval made-up.jsonl'], facts: [['Seed', '0'] as const] }
  return evaluationData({ ...about, sides })
}

function rowOf(
  { id, repository = 'o/r', language = 'python', isRight, calls = [] }: ToldInstance,
  policy: number,
): Row {
  const functions = [{ path: GOLD_FILE, name: 'Cart.apply_discount' }]
  const gold = { files: [GOLD_FILE], functions, addsFile: false, addsFunction: false, kept: true }
  const right = isRight[policy]
  const where = { repository, language }
  if (right === null) return { ...failedRow(id, gold), ...where }
  const answered = [right === true ? GOLD_FILE : 'shop/other.py']
  const done = doneRow(id, { gold, answered, stats: statsOf(calls[policy] ?? 8) })
  return { ...done, ...where, trajectory: 'trajectories/one.jsonl' }
}
