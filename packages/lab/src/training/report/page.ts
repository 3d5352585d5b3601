import { join } from 'node:path'
import { weightsText } from 'fusesearch/policies'
import { writeWhole } from '../../host/index.ts'
import {
  type Block,
  type Cell,
  facts,
  heading,
  paragraphs,
  percentOf,
  renderHtml,
  renderMarkdown,
  table,
} from '../../report/index.ts'
import type { HistoryEntry } from '../train/checkpoint.ts'
import type { TrainResult } from '../train/run.ts'
import { renderCurves } from './curves.ts'
import {
  describeGains,
  gainsTable,
  type SampleSide,
  summarizeTraining,
  type TrainingFacts,
  type TrainingSummary,
} from './summary.ts'

/**
 * Writes the result of a training into its folder: `weights.json`, `history.jsonl`, `training.json`, `report.html` and
 * `card.md`; each is whole or as it was. Throws `write-failed`.
 */
export function writeTraining(folder: string, result: TrainResult, about: TrainingFacts): TrainingSummary {
  const summary = summarizeTraining(result, about)
  const page = renderHtml('Training of the embedded policy', buildTrainingReport(summary))
  const files = {
    'weights.json': weightsText(result.weights),
    'history.jsonl': summary.history.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
    'training.json': `${JSON.stringify(summary, null, 2)}\n`,
    'report.html': page,
    'card.md': renderCard(summary),
  }
  for (const [name, content] of Object.entries(files)) writeWhole(join(folder, name), content)
  return summary
}

/** Skipped samples that are listed; `training.json` has all. */
const MAX_LISTED = 50

/** The content of the page. */
function buildTrainingReport(summary: TrainingSummary): Block[] {
  return [
    heading('Training of the embedded policy', 1),
    { kind: 'code', text: summary.command },
    heading('What came of it'),
    gainsTable(summary.gains),
    ...paragraphs(...describeGains(summary), MEANING),
    heading('Curves'),
    renderCurves(summary),
    ...paragraphs(CURVES),
    ...historyBlocks(summary),
    heading('What it was made of'),
    facts(setupRows(summary)),
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

/** The facts of a training. */
export function setupRows(summary: TrainingSummary): [name: string, value: string][] {
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
    const shares = [fileF1, functionF1, efficiency, redundancy].map(percentOf)
    const name = `${entryName(entry)}${index === best ? ', the best' : ''}`
    return [[name, reward.toFixed(3), ...shares, turns.toFixed(1), calls.toFixed(1), (bytes / 1_000).toFixed(1)]]
  })
  return [
    heading('Held-out samples, step by step'),
    table('after|reward|file F1|function F1|e|redundant|turns|calls|KB', rows),
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
  if (skipped.length === 0) return paragraphs('No sample was skipped.')
  const counts = new Map<string, number>()
  for (const { code } of skipped) counts.set(code, (counts.get(code) ?? 0) + 1)
  const listed = skipped.slice(0, MAX_LISTED)
  const more = skipped.length - listed.length
  return [
    heading('Samples that were skipped'),
    table(
      'reason|samples',
      [...counts].map(([code, count]) => [code, String(count)]),
    ),
    table(
      'sample|reason|error',
      listed.map(({ id, code, message }) => [id, code, message]),
    ),
    ...(more > 0 ? paragraphs(`And ${more} more, in training.json.`) : []),
  ]
}

/** The model card of the trained weights, as Markdown. */
function renderCard(summary: TrainingSummary): string {
  return renderMarkdown([
    heading(`Model card: embedded policy, weights ${summary.weights}`, 1),
    ...paragraphs(IS),
    heading('Data, seed, commit'),
    facts(setupRows(summary)),
    { kind: 'code', text: summary.command },
    heading('Metrics'),
    gainsTable(summary.gains),
    ...paragraphs(...describeGains(summary), METRICS),
    heading('Calibration'),
    ...paragraphs(calibrationOf(summary)),
    heading('Intended use'),
    ...paragraphs(USE),
    heading('Limits'),
    ...paragraphs(...LIMITS),
  ])
}

const IS =
  'A few hundred numbers: linear weights by which the embedded policy ranks files and functions, and a linear score for each kind of decision (which call next, whether to end the turn or the search, how many entries to answer). No language model, no text of the training repositories in it.'

const METRICS =
  'F1 of files and functions is of the committed answer, e is the mean gain of a call, all in percent. The best weights were chosen on these held-out samples, so the gain here flatters them.'

const USE =
  'Finding files and functions that an issue asks to change, with read-only tools, in repositories of the languages that the samples were of.'

const LIMITS = [
  'Learned from issues whose fix changes existing functions; fixes that only add files were not among them. Issues in other languages than English, very short issues and other kinds of repositories than the samples may be served worse than these numbers say.',
  'It does not understand code: it weighs names, words, paths and what calls showed. Its confidence is a chance over the samples, not a promise for one search.',
]

function calibrationOf({ calibration, validation }: TrainingSummary): string {
  const [before, after] = [calibration.before, calibration.after].map((error) => error.toFixed(3))
  return `Expected calibration error of the confidence over ten bins: ${before} before and ${after} after Platt's scaling, on the ${validation.samples} held-out samples that it was fitted to.`
}
