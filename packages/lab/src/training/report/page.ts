import { join } from 'node:path'
import { weightsText } from 'fusesearch/policies'
import { pageHtml, type TrainingData } from 'fusesearch/view'
import { writeWhole } from '../../host/index.ts'
import { facts, heading, paragraphs, renderMarkdown } from '../../report/index.ts'
import type { Checkpoint, HistoryEntry } from '../train/checkpoint.ts'
import type { TrainResult } from '../train/run.ts'
import type { TrainSettings } from '../train/settings.ts'
import {
  describeGains,
  gainsTable,
  type SampleSide,
  shownGains,
  summarizeTraining,
  type TrainingFacts,
  type TrainingSummary,
} from './summary.ts'

/**
 * Writes the result of a training into its folder: `weights.json`, `history.jsonl`, `training.json`, the page
 * `report.html` and `card.md`; each file is replaced atomically. Throws `write-failed`.
 */
export async function writeTraining(
  folder: string,
  result: TrainResult,
  about: TrainingFacts,
): Promise<TrainingSummary> {
  const summary = summarizeTraining(result, about)
  const files = {
    'weights.json': weightsText(result.weights),
    'history.jsonl': historyText(summary.history),
    'training.json': `${JSON.stringify(summary, null, 2)}\n`,
    'report.html': await pageHtml(endedTraining(summary)),
    'card.md': renderCard(summary),
  }
  for (const [name, content] of Object.entries(files)) writeWhole(join(folder, name), content)
  return summary
}

interface Unfinished {
  readonly state: 'running' | 'stopped'
  readonly about: TrainingFacts
}

/** Writes what is known of an unfinished training: `history.jsonl` and `report.html`. Throws `write-failed`. */
async function writeProgress(folder: string, reached: Checkpoint, unfinished: Unfinished): Promise<void> {
  const html = await pageHtml(unfinishedTraining(reached, unfinished))
  writeWhole(join(folder, 'history.jsonl'), historyText(reached.history))
  writeWhole(join(folder, 'report.html'), html)
}

function historyText(history: readonly HistoryEntry[]): string {
  return history.map((entry) => `${JSON.stringify(entry)}\n`).join('')
}

/** Keeps the page of a training up to date while it runs. */
interface ProgressPage {
  /** Shows this state as soon as the previous one is written; states in between are skipped. */
  show(reached: Checkpoint): void
  /** Waits until the last one is written. Throws `write-failed` if a write failed. */
  settle(): Promise<void>
  /** Shows that the training stopped before its end. */
  stop(): Promise<void>
}

/** The live page of a training in its folder. */
export function createProgressPage(folder: string, about: TrainingFacts): ProgressPage {
  let last: Checkpoint | null = null
  let next: Checkpoint | null = null
  let writing: Promise<void> | null = null
  const failures: unknown[] = []
  const writeAll = async (): Promise<void> => {
    for (let reached = next; reached !== null; reached = next) {
      next = null
      await writeProgress(folder, reached, { state: 'running', about })
    }
  }
  const page: ProgressPage = {
    show(reached) {
      last = reached
      next = reached
      writing ??= writeAll()
        .catch((error: unknown) => {
          failures.push(error)
        })
        .finally(() => {
          writing = null
        })
    },
    async settle() {
      await writing
      if (failures.length > 0) throw failures[0]
    },
    async stop() {
      await page.settle()
      if (last !== null) await writeProgress(folder, last, { state: 'stopped', about })
    },
  }
  return page
}

const TITLE = 'Training of the embedded policy'
/** Skipped samples listed on the page; `training.json` has all. */
const MAX_LISTED = 50

function endedTraining(summary: TrainingSummary): TrainingData {
  const { command, history, best, settings, hand, trained, gains, skipped } = summary
  return {
    kind: 'training',
    title: TITLE,
    command,
    state: 'ended',
    writtenAt: new Date().toISOString(),
    history,
    best,
    iterations: settings.grpo.iterations,
    breadth: { before: hand.breadth, after: trained.breadth },
    gains: shownGains(gains),
    findings: [...describeGains(summary), MEANING],
    facts: setupRows(summary),
    skipped: skipped.slice(0, MAX_LISTED),
    skippedCount: skipped.length,
  }
}

function unfinishedTraining({ history, best, settings }: Checkpoint, { state, about }: Unfinished): TrainingData {
  return {
    kind: 'training',
    title: TITLE,
    command: about.command,
    state,
    writtenAt: new Date().toISOString(),
    history,
    best: best?.entry ?? 0,
    iterations: settings.grpo.iterations,
    breadth: null,
    gains: [],
    findings: [],
    facts: givenRows(about, settings),
    skipped: [],
    skippedCount: 0,
  }
}

const MEANING =
  'Held-out samples of other repositories, one search each with the best decisions. Differences are paired by sample, with 95% percentile-bootstrap intervals. The weights were selected on these samples, so the gain is optimistic: publish numbers from other instances.'

function toolsText({ toolSets }: TrainSettings): string {
  return toolSets.map((tools) => tools.join(', ')).join('; alternating with ')
}

function fitText({ history, best }: TrainingSummary): string {
  const { refused, validation } = history.find(({ phase }) => phase === 'ranking') ?? {}
  const against = `held-out reward ${refused?.reward.toFixed(3)} against ${validation?.reward.toFixed(3)} without it`
  const first = refused === undefined ? 'the fit was kept' : `the fit was not kept: ${against}`
  if (!history.some(({ phase }) => phase === 'answers')) return first
  return `${first}; fitted again after phase 2, then the lengths of answers; the best step was ${entryName(history[best])}`
}

/** The inputs of a training. */
function givenRows(about: Omit<TrainingFacts, 'sampleIds'>, settings: TrainSettings): [name: string, value: string][] {
  const { reward } = settings
  return [
    ['Training samples', sideText(about.training)],
    ['Held-out samples', sideText(about.validation)],
    ['Digest of the samples', about.digest],
    ['Starts from', about.from === 'hand' ? 'the hand-set weights' : `the weights ${about.from}`],
    ['Seed', String(settings.seed)],
    ['Search', `${settings.maxTurns} turns, ${settings.maxBreadth} calls per turn, ${toolsText(settings)}`],
    [
      'Reward',
      `${reward.alpha}·F1 + ${reward.gamma}·F1·e + ${reward.delta}·e; file F1 has weight ${reward.fileShare} in F1`,
    ],
    ['Program', `FuseSearch ${about.version}, commit ${about.commit ?? 'none'}, Node ${about.node}`],
    ['Machine', about.machine],
  ]
}

/** The facts of a training: its inputs and its work. */
export function setupRows(summary: TrainingSummary): [name: string, value: string][] {
  const { settings, played, calibration, history } = summary
  const { sft, grpo, ranking } = settings
  const [before, after] = [calibration.before, calibration.after].map((error) => error.toFixed(3))
  const kept = history.find(({ phase }) => phase === 'sft')?.train?.n ?? 0
  const updates = history.filter(({ phase }) => phase === 'grpo').length
  return [
    ...givenRows(summary, settings),
    ['Skipped samples', String(summary.skipped.length)],
    ['Ranking', `penalty ${ranking.prior} over the number of rankings, ${ranking.steps} steps; ${fitText(summary)}`],
    [
      'Phase 1',
      `${sft.rollouts} rollouts per sample at temperature ${sft.temperature}; kept with F1 ≥ ${sft.filter.minF1} and e ≥ ${sft.filter.minEfficiency}: ${kept}; ${sft.epochs} epochs with learning rate ${sft.learningRate}`,
    ],
    [
      'Phase 2',
      `${updates} of at most ${grpo.iterations} updates; ${grpo.samplesPerIteration} samples × ${grpo.groupSize} rollouts, ${grpo.passes} passes with learning rate ${grpo.learningRate}; clip ${grpo.clip}, KL ${grpo.kl}, entropy ${grpo.entropy}, advantages divided by the standard deviation of the ${grpo.advantage}, thrift ${grpo.thrift}`,
    ],
    ['Best weights', `${entryName(history[summary.best])}; digest ${summary.weights}`],
    ['Calibration error of the confidence', `${before} before, ${after} after, on the samples used for the fit`],
    [
      'Rollouts',
      `${played.rollouts} at ${(played.rollouts / Math.max(0.001, played.seconds)).toFixed(1)} per second; ${played.missed} calls ran on a tree, the others were cached`,
    ],
  ]
}

function sideText({ name, samples, repositories }: SampleSide): string {
  return `${name}: ${samples} of ${repositories} ${repositories === 1 ? 'repository' : 'repositories'}`
}

/** A step of the history in words. */
function entryName(entry: HistoryEntry | undefined): string {
  switch (entry?.phase) {
    case undefined:
      return 'the last weights'
    case 'hand':
      return 'the start'
    case 'ranking':
      return 'the ranking'
    case 'sft':
      return 'cloning (phase 1)'
    case 'grpo':
      return `update ${entry.iteration} of phase 2`
    case 'answers':
      return 'the second fit of the ranking'
    case 'lengths':
      return 'the lengths of answers'
  }
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
  'A few hundred numbers: linear weights with which the embedded policy ranks files and functions, and a linear score for each kind of decision (which call next, whether to end the turn or the search, how many entries to answer). It contains no language model and no text of the training repositories.'

const METRICS =
  'F1 of files and functions is of the committed answer, e is the mean gain of a call, all in percent. The best weights were selected on these held-out samples, so the gain is optimistic.'

const USE =
  "Finding files and functions that an issue asks to change, with read-only tools, in repositories of the samples' languages."

const LIMITS = [
  'Trained on issues whose fix changes existing functions; fixes that only add files were not among them. Results may be worse for issues in languages other than English, very short issues, and other kinds of repositories.',
  "It doesn't understand code: it weighs names, words, paths and results of calls. Its confidence is a frequency over the samples, not a guarantee for one search.",
]

function calibrationOf({ calibration, validation }: TrainingSummary): string {
  const [before, after] = [calibration.before, calibration.after].map((error) => error.toFixed(3))
  return `Expected calibration error of the confidence over ten bins: ${before} before and ${after} after Platt scaling, on the ${validation.samples} held-out samples used for the fit.`
}
