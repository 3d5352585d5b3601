import { join } from 'node:path'
import type { Estimate } from '../../evaluation/index.ts'
import { writeWhole } from '../../host/index.ts'
import { percentOf } from '../../report/index.ts'
import type { TrainingFacts } from '../report/summary.ts'
import type { TrainSettings } from '../train/settings.ts'
import type { AblationResult } from './run.ts'

/** Writes the results so far as `ablation.md` and `ablation.json`, with the facts behind them. Throws `write-failed`. */
export function writeAblation(folder: string, results: readonly AblationResult[], facts: AblationFacts): void {
  const json = { schema: 'fusesearch-ablation', ablationVersion: 1, ...facts, rows: results }
  writeWhole(join(folder, 'ablation.json'), `${JSON.stringify(json, null, 2)}\n`)
  writeWhole(join(folder, 'ablation.md'), `${describeAblation(facts)}\n${renderAblation(results)}`)
}

/** The facts behind an ablation. */
interface AblationFacts extends TrainingFacts {
  /** Of the full row. */
  readonly settings: TrainSettings
}

/** The command, the samples and the number of rollouts, in sentences. */
function describeAblation({ command, commit, version, training, validation, digest, settings }: AblationFacts): string {
  const { sft, grpo } = settings
  const side = ({ name, samples, repositories }: typeof training): string =>
    `${name} (${samples} samples of ${repositories} repositories)`
  return [
    `\`${command}\``,
    '',
    `FuseSearch ${version}, commit ${commit ?? 'none'}. Trained on ${side(training)}, measured on ${side(validation)}; digest of both ${digest.slice(0, 16)}.`,
    `Phase 1: ${sft.rollouts} rollouts per sample. Phase 2: ${grpo.iterations} updates of ${grpo.samplesPerIteration} samples × ${grpo.groupSize} rollouts. Each row shows its last step; differences are to the full row, paired by sample, with 95% intervals.`,
    '',
  ].join('\n')
}

/** The ablation as a Markdown table, in percent; intervals are of the difference to the full row. */
export function renderAblation(results: readonly AblationResult[]): string {
  const head = [
    '| configuration | seeds | file F1 | func F1 | e | redundancy | turns | calls | kB | breadth by turn | paper: file / func F1 |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
  ]
  return [...head, ...results.map(renderRow), ''].join('\n')
}

function renderRow(row: AblationResult): string {
  const { against, paper } = row
  const cells = [
    row.name,
    String(row.seeds),
    withInterval(row.fileF1, against?.fileF1),
    withInterval(row.functionF1, against?.functionF1),
    withInterval(row.efficiency, against?.efficiency),
    percentOf(row.redundancy),
    row.turns.toFixed(1),
    row.calls.toFixed(1),
    (row.bytes / 1000).toFixed(0),
    row.breadth
      .slice(0, 6)
      .map((breadth) => breadth.toFixed(1))
      .join(' '),
    paper === null ? '' : `${paper.file} / ${paper.function}`,
  ]
  return `| ${cells.join(' | ')} |`
}

function withInterval(value: number, difference: Estimate | undefined): string {
  if (difference?.mean == null || difference.low == null || difference.high == null) return percentOf(value)
  return `${percentOf(value)} (${signed(difference.mean)} [${signed(difference.low)}, ${signed(difference.high)}])`
}

function signed(share: number): string {
  const text = percentOf(share)
  return text.startsWith('-') && Number(text) !== 0 ? text : `+${text.replace('-', '')}`
}
