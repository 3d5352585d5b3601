import { renderColumns } from '../../report/index.ts'
import type { Comparison } from '../compare/compare.ts'
import type { EqualBudget, PairedF1 } from '../compare/paired.ts'
import { type LevelSummary, SUBSETS } from '../metrics/quality.ts'
import type { PercentEstimate } from '../metrics/statistics.ts'
import type { PredictionsScore } from '../predictions.ts'
import { MODEL_HEAD, type ModelRow, modelRows } from './report.ts'
import type { RunSummary } from './run-summary.ts'

/** The tables of a run for a pipe, or for a terminal of `width` characters. */
export function renderRunText(summary: RunSummary, width?: number): string {
  const rows = SUBSETS.flatMap((subset) =>
    summary.policies.map(({ policy, subsets }) => {
      const { instances, failed, file, function: functions, search } = subsets[subset]
      return [
        subset,
        policy,
        String(instances),
        `${file.f1.n}/${functions.f1.n}`,
        String(failed),
        withInterval(file.f1),
        withInterval(functions.f1),
        accuracies(file),
        ...[search.turns, search.calls, search.redundancy, search.efficiency.value].map((value) => shown(value)),
        shown(search.ms.mean, 0),
      ]
    }),
  )
  const head =
    'subset|policy|instances|with gold|failed|file F1|function F1|file Acc@1/3/5|turns|calls|redundant %|e %|ms'
  const models = summary.policies.map(({ policy, subsets }) => ({ name: policy, model: subsets.all.search.model }))
  return `${renderColumns(head, rows, width)}${renderModels(models, width)}`
}

/** The cost of the models; empty if no model was used. */
function renderModels(policies: readonly ModelRow[], width?: number): string {
  const rows = modelRows(policies)
  return rows.length === 0 ? '' : `\n${renderColumns(MODEL_HEAD, rows, width)}`
}

/** A comparison for a pipe, or for a terminal of `width` characters. */
export function renderComparisonText(comparison: Comparison, width?: number): string {
  const { a, b, instances, subsets, equalTurns, equalCalls, mostChanged, ms } = comparison
  const rows = SUBSETS.flatMap((subset) => [
    pairedRow(`${subset}, file F1`, subsets[subset].file),
    pairedRow(`${subset}, function F1`, subsets[subset].function),
  ])
  return [
    `A: ${a.policy} of ${a.run}\nB: ${b.policy} of ${b.run}\n${instances} instances in both; A only ${comparison.onlyInA}, B only ${comparison.onlyInB}\n`,
    renderColumns(PAIRED_HEAD, rows, width),
    `A search of A takes ${signed(ms.mean)} ms [${signed(ms.low)}, ${signed(ms.high)}] against B.\n${renderModels(
      [
        { name: 'A', model: a.search.model },
        { name: 'B', model: b.search.model },
      ],
      width,
    )}`,
    renderEqual('At equal turns', equalTurns, width),
    renderEqual('At equal calls', equalCalls, width),
    mostChanged.length === 0
      ? 'No instance changed.\n'
      : renderColumns(
          'changed most|file F1 A|B|function F1 A|B',
          mostChanged.map(({ id, fileF1, functionF1 }) => [
            id,
            ...[fileF1?.a, fileF1?.b, functionF1?.a, functionF1?.b].map((f1) => shown(f1 ?? null)),
          ]),
          width,
        ),
  ].join('\n')
}

/** Scores of predictions for a pipe, or for a terminal of `width` characters. */
export function renderScoreText(score: PredictionsScore, width?: number): string {
  const rows = score.scores.map(({ size, subset, file, function: functions }) => [
    subset,
    size === null ? 'whole' : `first ${size}`,
    `${file.f1.n}/${functions.f1.n}`,
    withInterval(file.f1),
    withInterval(functions.f1),
    accuracies(file),
    accuracies(functions),
  ])
  const head = 'subset|answer|with gold|file F1|function F1|file Acc@1/3/5|function Acc@1/3/5'
  const missing =
    score.missing.length === 0 ? '' : `\n${score.missing.length} instances have no prediction and count as zero.\n`
  return renderColumns(head, rows, width) + missing
}

const PAIRED_HEAD = '|n|A|B|A − B|wins|losses|ties'

function pairedRow(name: string, { a, b, difference, wins, losses, ties }: PairedF1): string[] {
  const interval = `${signed(difference.value)} [${signed(difference.low)}, ${signed(difference.high)}]`
  return [name, String(difference.n), shown(a), shown(b), interval, String(wins), String(losses), String(ties)]
}

function renderEqual(title: string, equal: EqualBudget | null, width?: number): string {
  if (equal === null) return `${title}: not available, because a ranker has no turns or calls.\n`
  const { spent } = equal
  const used = (side: 'a' | 'b'): string =>
    `${shown(spent[side].turns)} turns, ${shown(spent[side].calls)} calls, ${shown(spent[side].ms, 0)} ms`
  return [
    `${title}: ${equal.meaning} (${equal.instances} instances). A spent ${used('a')}; B ${used('b')}.`,
    renderColumns(PAIRED_HEAD, [pairedRow('file F1', equal.file), pairedRow('function F1', equal.function)], width),
  ].join('\n')
}

function accuracies({ accAt1, accAt3, accAt5 }: LevelSummary): string {
  return [accAt1, accAt3, accAt5].map(({ value }) => shown(value)).join('/')
}

function withInterval({ value, low, high }: PercentEstimate): string {
  return value === null ? '-' : `${shown(value)} [${shown(low)}, ${shown(high)}]`
}

function shown(value: number | null, decimals = 1): string {
  return value === null ? '-' : value.toFixed(decimals)
}

function signed(value: number | null): string {
  if (value === null) return '-'
  return `${value > 0 ? '+' : ''}${value.toFixed(1)}`
}
