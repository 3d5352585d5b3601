import { type Block, renderMarkdown } from '../../evaluation/index.ts'
import { setupRows } from './blocks.ts'
import type { TrainingSummary } from './summary.ts'
import { describeGains, GAIN_HEAD, gainRow } from './words.ts'

/** The model card of the trained weights, as Markdown. */
export function renderCard(summary: TrainingSummary): string {
  return renderMarkdown(
    [
      { kind: 'heading', level: 1, text: `Model card: embedded policy, weights ${summary.weights}` },
      ...text(...IS),
      title('Data, seed, commit'),
      { kind: 'table', head: ['', ''], rows: setupRows(summary) },
      { kind: 'code', text: summary.command },
      title('Metrics'),
      { kind: 'table', head: GAIN_HEAD, rows: summary.gains.map(gainRow) },
      ...text(...describeGains(summary), ...METRICS),
      title('Calibration'),
      ...text(calibrationOf(summary)),
      title('Intended use'),
      ...text(...USE),
      title('Limits'),
      ...text(...LIMITS),
    ],
    '',
  )
}

function text(...lines: readonly string[]): Block[] {
  return lines.map((line) => ({ kind: 'text', text: line }))
}

function title(name: string): Block {
  return { kind: 'heading', level: 2, text: name }
}

const IS = [
  'A few hundred numbers: linear weights by which the embedded policy ranks files and functions, and a linear score for each kind of decision (which call next, whether to end the turn or the search, how many entries to answer). No language model, no text of the training repositories in it.',
]

const METRICS = [
  'F1 of files and functions is of the committed answer, e is the mean gain of a call, all in percent. The best weights were chosen on these held-out samples, so the gain here flatters them.',
]

const USE = [
  'Finding files and functions that an issue asks to change, with read-only tools, in repositories of the languages that the samples were of.',
]

const LIMITS = [
  'Learned from issues whose fix changes existing functions; fixes that only add files were not among them. Issues in other languages than English, very short issues and other kinds of repositories than the samples may be served worse than these numbers say.',
  'It does not understand code: it weighs names, words, paths and what calls showed. Its confidence is a chance over the samples, not a promise for one search.',
]

function calibrationOf({ calibration, validation }: TrainingSummary): string {
  const [before, after] = [calibration.before, calibration.after].map((error) => error.toFixed(3))
  return `Expected calibration error of the confidence over ten bins: ${before} before and ${after} after Platt's scaling, on the ${validation.samples} held-out samples that it was fitted to.`
}
