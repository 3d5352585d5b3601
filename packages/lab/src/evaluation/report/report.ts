import {
  type Block,
  type Cell,
  facts,
  heading,
  paragraphs,
  renderHtml,
  renderMarkdown,
  table,
} from '../../report/index.ts'
import { SUBSETS, type Subset } from '../metrics/quality.ts'
import { type PercentEstimate, RESAMPLES } from '../metrics/statistics.ts'
import type { ModelSummary, PolicySummary } from '../metrics/summary.ts'
import type { FinishedRun } from '../run/evaluate.ts'
import { renderFigure, SHOWN_SHARE, seriesOf } from './figure.ts'
import { type RunSummary, summarizeRun } from './run-summary.ts'

/** Writes `summary.json`, `figure.svg`, `report.md` and `report.html` into the run's folder. */
export function writeReport(run: FinishedRun): RunSummary {
  const summary = summarizeRun(run)
  const figure = renderFigure(seriesOf(summary.policies))
  const { policies } = summary
  const blocks = [
    ...setupBlocks(summary),
    ...SUBSETS.flatMap((subset) => qualityBlocks(policies, subset)),
    ...searchBlocks(policies),
    heading('By turn, and quality against time'),
    figure,
    ...turnBlocks(policies),
    ...breakdownBlocks(policies),
    ...anchorBlocks(summary),
    ...failureBlocks(summary),
  ]
  run.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
  run.write('figure.svg', figure.svg)
  run.write('report.md', renderMarkdown(blocks))
  run.write('report.html', renderHtml(`Evaluation on ${summary.setup.datasetName}`, blocks))
  return summary
}

function setupBlocks({ setup, identity, cost, missing }: RunSummary): Block[] {
  const deadline = identity.deadlineMs === null ? 'none' : `${identity.deadlineMs / 1_000} s`
  const harness = `harness ${number(cost.harnessMs)} ms on ${number(cost.searchMs)} ms a search (${percent(cost.harnessShare)})`
  const unsearched = `${missing.files} files whose contents the repositories lack, in ${missing.instances} instances`
  return [
    heading(`Evaluation on ${setup.datasetName}`, 1),
    { kind: 'code', text: setup.command },
    facts([
      ['Dataset', `${setup.datasetName}, ${setup.instanceCount} instances`],
      ['Commit', setup.commit ?? `none; version ${setup.version}`],
      ['Policies', identity.policies.join(', ')],
      [
        'Budget',
        `${identity.maxTurns} turns, the answer included; ${identity.maxBreadth} calls a turn; deadline ${deadline}`,
      ],
      ['Seed', String(identity.seed)],
      ['Versions', `FuseSearch ${setup.version}, Node ${setup.node}, ripgrep ${setup.rg ?? 'unknown'}`],
      ['Machine', setup.machine],
      ['Begun', setup.startedAt],
      ['Time', `${(cost.wallMs / 1_000).toFixed(1)} s for the ${cost.added} rows of the last part; ${harness}`],
      ...(missing.files > 0 ? [['Not searched', unsearched] as const] : []),
    ]),
    ...paragraphs(
      `Numbers are means over instances in percent, with 95% percentile-bootstrap intervals (${RESAMPLES} resamples). F1 is of the committed answer; Acc@k of the ranking, gold clipped to k. A failed instance counts as zero.`,
    ),
  ]
}

const SUBSET_TITLES: Readonly<Record<Subset, string>> = {
  all: 'All instances',
  kept: 'Kept instances: the fix adds no file, function, method or class, and changes a function',
}

function qualityBlocks(policies: readonly PolicySummary[], subset: Subset): Block[] {
  const rows = policies.flatMap(({ policy, subsets }): Cell[][] =>
    (['file', 'function'] as const).map((level): Cell[] => {
      const { precision, recall, f1, accAt1, accAt3, accAt5 } = subsets[subset][level]
      const others = [precision, recall, accAt1, accAt3, accAt5].map(({ value }) => number(value))
      return [policy, level, String(f1.n), withInterval(f1), ...others]
    }),
  )
  return [heading(SUBSET_TITLES[subset]), table('policy|level|n|F1|precision|recall|Acc@1|Acc@3|Acc@5', rows)]
}

function searchBlocks(policies: readonly PolicySummary[]): Block[] {
  const spent = policies.map(({ policy, subsets: { all } }): Cell[] => {
    const { turns, calls, redundancy, efficiency, goldCalls, bytesShown, answer } = all.search
    return [
      policy,
      ...[answer.files, answer.functions, turns, calls].map((value) => number(value)),
      ...[redundancy, efficiency.value].map(percent),
      String(efficiency.nulls),
      percent(goldCalls),
      bytesShown === null ? '–' : (bytesShown / 1_000).toFixed(0),
    ]
  })
  const times = policies.map(({ policy, subsets: { all } }): Cell[] => {
    const { ms, cut } = all.search
    const shown = [ms.mean, ms.p50, ms.p95, ms.policy, ms.tools].map((value) => number(value, 0))
    return [policy, ...shown, String(cut), String(all.failed)]
  })
  const models = modelRows(policies.map(({ policy, subsets }) => ({ name: policy, model: subsets.all.search.model })))
  return [
    heading('What a search costs'),
    table(
      'policy|files answered|functions answered|turns|calls|redundant|e|no calls|calls showing gold|kB shown',
      spent,
    ),
    ...paragraphs(
      'e is a mean over searches, those without a call left out; compare it only between policies whose calls and bytes shown are within 10%. A ranker makes no calls.',
    ),
    table('policy|ms, mean|p50|p95|in the policy|in tools|cut by deadline|failed', times),
    ...(models.length === 0 ? [] : [...paragraphs(MODEL_NOTE), table(MODEL_HEAD, models)]),
  ]
}

/** Turns of a policy in the table. */
const SHOWN_TURNS = 8

function turnBlocks(policies: readonly PolicySummary[]): Block[] {
  const rows = policies.flatMap(({ policy, subsets }): Cell[][] =>
    subsets.all.search.byTurn.slice(0, SHOWN_TURNS).map(({ turn, n, breadth, gain, redundancy }) => {
      return [policy, String(turn), String(n), number(breadth), percent(gain), percent(redundancy)]
    }),
  )
  const shown = `The figure leaves out turns that less than ${SHOWN_SHARE * 100}% of the searches reached, the table those after ${SHOWN_TURNS}; summary.json has all.`
  return [...paragraphs(shown), table('policy|turn|searches|calls|gain|redundant', rows)]
}

const BREAKDOWN_TITLES = {
  repository: 'Repository',
  language: 'Language',
  'gold-files': 'Gold files',
  'gold-functions': 'Gold functions',
  'issue-kind': 'Kind of issue (kinds overlap)',
} as const

function breakdownBlocks(policies: readonly PolicySummary[]): Block[] {
  const [first] = policies
  if (first === undefined) return []
  const groups = first.subsets.all.breakdown
  const blocks = Object.entries(BREAKDOWN_TITLES).flatMap(([by, title]): Block[] => {
    const rows = groups
      .filter((group) => group.by === by)
      .map(({ group, instances }): Cell[] => [
        group,
        String(instances),
        ...policies.map((policy) => groupF1(policy, by, group)),
      ])
    return [heading(title, 3), table(['', 'instances', ...policies.map(({ policy }) => policy)], rows)]
  })
  return [heading('File F1 / function F1 by group, all instances'), ...blocks]
}

function groupF1({ subsets }: PolicySummary, by: string, name: string): string {
  const found = subsets.all.breakdown.find((group) => group.by === by && group.group === name)
  return found === undefined ? '–' : `${number(found.fileF1.value)} / ${number(found.functionF1.value)}`
}

function anchorBlocks({ anchors }: RunSummary): Block[] {
  const rows = anchors.map(({ system, source, instances, ...values }): Cell[] => {
    const { fileF1, functionF1, turns, seconds } = values
    return [system, instances, ...[fileF1, functionF1, turns, seconds].map((value) => number(value)), source]
  })
  return [
    heading('Published numbers'),
    ...paragraphs('Each over its own instances: they stand here for orientation and are not rows of the tables above.'),
    table('system|instances|file F1|function F1|turns|seconds|source', rows),
  ]
}

function failureBlocks({ misses, failed }: RunSummary): Block[] {
  const missed = misses.map(({ id, policy, confidence, answered, gold, goldRank, trajectory }): Cell[] => [
    trajectory === null ? id : { text: id, href: trajectory },
    policy,
    confidence.toFixed(2),
    answered.join(', '),
    gold.join(', '),
    goldRank === null ? 'not ranked' : `rank ${goldRank}`,
  ])
  const broken = failed.map(({ id, policy, code, message }): Cell[] => [id, policy, code, message])
  return [
    heading('Failures worth reading: no gold file answered, the surest first'),
    table('instance|policy|confidence|answered|gold|gold in ranking', missed),
    ...(broken.length === 0 ? [] : [heading('Instances that failed'), table('instance|policy|code|error', broken)]),
  ]
}

function withInterval({ value, low, high }: PercentEstimate): string {
  return value === null ? '–' : `${number(value)} [${number(low)}, ${number(high)}]`
}

function percent(value: number | null): string {
  return value === null ? '–' : `${number(value)}%`
}

function number(value: number | null, decimals?: number): string {
  if (value === null) return '–'
  if (decimals !== undefined) return value.toFixed(decimals)
  return Number.isInteger(value * 10) ? value.toFixed(1) : String(value)
}

/** A policy and what its model cost; null for one that asked none. */
export interface ModelRow {
  readonly name: string
  readonly model: ModelSummary | null
}

export const MODEL_HEAD = 'policy|instances|requests|tokens in|of them cached|tokens out|cost|ms of the model'

/** The paragraph above the table of models. */
const MODEL_NOTE =
  'What the model of a policy cost, a mean over the instances that asked one and ran. A ~ marks tokens that are estimated in part, since the endpoint does not say them.'

/** The rows of the policies that asked a model; none where no policy did. */
export function modelRows(policies: readonly ModelRow[]): readonly (readonly string[])[] {
  return policies.flatMap(({ name, model }) => {
    if (model === null) return []
    const about = model.estimated > 0 ? '~' : ''
    const { n, requests, inputTokens, cachedTokens, outputTokens, cost, ms } = model
    const tokens = [`${about}${plain(inputTokens)}`, plain(cachedTokens), `${about}${plain(outputTokens)}`]
    return [[name, String(n), plain(requests), ...tokens, plain(cost), number(ms, 0)]]
  })
}

function plain(value: number | null): string {
  return value === null ? '–' : String(value)
}
