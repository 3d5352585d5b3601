import type { Block, Cell } from '../../evaluation/index.ts'
import type { HistoryEntry } from '../train/checkpoint.ts'
import type { SampleSide, TrainingSummary } from './summary.ts'
import { describeGains, GAIN_HEAD, gainRow, percent } from './words.ts'

/** Skipped samples that are listed; `training.json` has all. */
const MAX_LISTED = 50

/** The page's content, from its summary alone. */
export function buildTrainingReport(summary: TrainingSummary): Block[] {
  return [
    { kind: 'heading', level: 1, text: 'Training of the embedded policy' },
    { kind: 'code', text: summary.command },
    { kind: 'heading', level: 2, text: 'What came of it' },
    { kind: 'table', head: GAIN_HEAD, rows: summary.gains.map(gainRow) },
    ...describeGains(summary).map((text): Block => ({ kind: 'text', text })),
    { kind: 'text', text: MEANING },
    { kind: 'heading', level: 2, text: 'Curves' },
    { kind: 'figure' },
    { kind: 'text', text: CURVES },
    ...historyBlocks(summary),
    { kind: 'heading', level: 2, text: 'What it was made of' },
    { kind: 'table', head: ['', ''], rows: setupRows(summary) },
    ...skippedBlocks(summary),
  ]
}

const MEANING =
  'Over held-out samples of other repositories, one search each with the best decisions. Differences are paired by sample, with 95% percentile-bootstrap intervals. The weights were chosen on these samples, so the gain here flatters them: numbers to publish come from other instances.'

const CURVES =
  'Training lines are means over rollouts whose decisions were drawn by chance, on the samples of each update; the first of them is the teacher. Held-out lines are searches with the best decisions. Axes do not begin at 0 where small changes must be seen.'

function toolsText({ toolSets }: TrainingSummary['settings']): string {
  return toolSets.map((tools) => tools.join(', ')).join('; in turns with ')
}

function fitText({ history, best }: TrainingSummary): string {
  const { refused, validation } = history.find(({ phase }) => phase === 'ranking') ?? {}
  const against = `held-out reward ${refused?.reward.toFixed(3)} against ${validation?.reward.toFixed(3)} without it`
  const first = refused === undefined ? 'the fit was kept' : `the fit was not kept: ${against}`
  if (!history.some(({ phase }) => phase === 'answers')) return first
  return `${first}; once more after phase 2, then the lengths of answers; best was ${entryName(history[best])}`
}

/** The summary's facts as rows of two cells. */
export function setupRows(summary: TrainingSummary): string[][] {
  const { settings, played, calibration, history } = summary
  const { reward, sft, grpo, ranking } = settings
  const [before, after] = [calibration.before, calibration.after].map((error) => error.toFixed(3))
  const kept = history.find(({ phase }) => phase === 'sft')?.train?.n ?? 0
  const updates = history.filter(({ phase }) => phase === 'grpo').length
  return [
    ['Training samples', sideText(summary.training)],
    ['Held-out samples', sideText(summary.validation)],
    ['Skipped samples', String(summary.skipped.length)],
    ['Digest of the samples', summary.digest],
    ['Begins with', summary.from === 'hand' ? 'the hand-set weights' : `the weights ${summary.from}`],
    ['Seed', String(settings.seed)],
    ['Search', `${settings.maxTurns} turns, ${settings.maxBreadth} calls a turn, ${toolsText(settings)}`],
    [
      'Reward',
      `${reward.alpha}·F1 + ${reward.gamma}·F1·e + ${reward.delta}·e; ${reward.fileShare} of F1 is the files'`,
    ],
    [
      'Ranking',
      `pull to the weights before ${ranking.prior} over the rankings, ${ranking.steps} steps; ${fitText(summary)}`,
    ],
    [
      'Phase 1',
      `${sft.rollouts} rollouts a sample at temperature ${sft.temperature}; kept with F1 ≥ ${sft.filter.minF1} and e ≥ ${sft.filter.minEfficiency}: ${kept}; ${sft.epochs} epochs at rate ${sft.learningRate}`,
    ],
    [
      'Phase 2',
      `${updates} of at most ${grpo.iterations} updates; ${grpo.samplesPerIteration} samples × ${grpo.groupSize} rollouts, ${grpo.passes} passes at rate ${grpo.learningRate}; clip ${grpo.clip}, KL ${grpo.kl}, entropy ${grpo.entropy}, advantages over the deviation of the ${grpo.advantage}, thrift ${grpo.thrift}`,
    ],
    ['Best weights', `${entryName(history[summary.best])}; digest ${summary.weights}`],
    ['Calibration error of the confidence', `${before} before, ${after} after, on the samples that it was fitted to`],
    [
      'Rollouts',
      `${played.rollouts} at ${(played.rollouts / Math.max(0.001, played.seconds)).toFixed(1)} a second; ${played.missed} calls were run on a tree, the others were known`,
    ],
    ['Program', `FuseSearch ${summary.version}, commit ${summary.commit ?? 'none'}, Node ${summary.node}`],
    ['Machine', summary.machine],
  ]
}

function sideText({ name, samples, repositories }: SampleSide): string {
  return `${name}: ${samples} of ${repositories} ${repositories === 1 ? 'repository' : 'repositories'}`
}

function historyBlocks({ history, best }: TrainingSummary): Block[] {
  const rows = history.flatMap((entry, index): Cell[][] => {
    const { validation } = entry
    if (validation === undefined) return []
    const { reward, fileF1, functionF1, efficiency, redundancy, turns, calls, bytes } = validation
    const shares = [fileF1, functionF1, efficiency, redundancy].map(percent)
    const name = `${entryName(entry)}${index === best ? ', the best' : ''}`
    return [[name, reward.toFixed(3), ...shares, turns.toFixed(1), calls.toFixed(1), (bytes / 1_000).toFixed(1)]]
  })
  const head = ['after', 'reward', 'file F1', 'function F1', 'e', 'redundant', 'turns', 'calls', 'KB']
  return [
    { kind: 'heading', level: 2, text: 'Held-out samples, step by step' },
    { kind: 'table', head, rows },
  ]
}

/** A step of the history in words. */
function entryName(entry: HistoryEntry | undefined): string {
  switch (entry?.phase) {
    case undefined:
      return 'the last weights'
    case 'hand':
      return 'the weights before'
    case 'ranking':
      return 'the ranking'
    case 'sft':
      return 'cloning (phase 1)'
    case 'grpo':
      return `update ${entry.iteration} of phase 2`
    case 'answers':
      return 'the ranking once more'
    case 'lengths':
      return 'the lengths of answers'
  }
}

function skippedBlocks({ skipped }: TrainingSummary): Block[] {
  if (skipped.length === 0) return [{ kind: 'text', text: 'No sample was skipped.' }]
  const counts = new Map<string, number>()
  for (const { code } of skipped) counts.set(code, (counts.get(code) ?? 0) + 1)
  const listed = skipped.slice(0, MAX_LISTED)
  const more = skipped.length - listed.length
  return [
    { kind: 'heading', level: 2, text: 'Samples that were skipped' },
    { kind: 'table', head: ['reason', 'samples'], rows: [...counts].map(([code, count]) => [code, String(count)]) },
    { kind: 'table', head: ['sample', 'reason', 'error'], rows: listed.map((one) => [one.id, one.code, one.message]) },
    ...(more > 0 ? [{ kind: 'text', text: `And ${more} more, in training.json.` } as const] : []),
  ]
}
