import { pageHtml } from 'fusesearch/view'
import { type Block, type Cell, facts, heading, paragraphs, renderMarkdown, table } from '../../report/index.ts'
import { SUBSETS, type Subset } from '../metrics/quality.ts'
import { type PercentEstimate, RESAMPLES } from '../metrics/statistics.ts'
import type { ModelSummary, PolicySummary } from '../metrics/summary.ts'
import type { FinishedRun } from '../run/evaluate.ts'
import { evaluationData } from './page.ts'
import { type RunSummary, summarizeRun } from './run-summary.ts'

/** Writes `summary.json`, `report.md` and the page `report.html` into the run's folder. */
export async function writeReport(run: FinishedRun): Promise<RunSummary> {
  const summary = summarizeRun(run)
  const { policies } = summary
  const blocks = [
    ...setupBlocks(summary),
    ...SUBSETS.flatMap((subset) => qualityBlocks(policies, subset)),
    ...searchBlocks(policies),
    heading('By turn'),
    ...turnBlocks(policies),
    ...breakdownBlocks(policies),
    ...failureBlocks(summary),
  ]
  run.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
  run.write('report.md', renderMarkdown(blocks))
  run.write('report.html', await pageHtml(await pageOfRun(run, summary)))
  return summary
}

function pageOfRun({ folder, rows }: FinishedRun, summary: RunSummary): ReturnType<typeof evaluationData> {
  return evaluationData({
    title: summary.setup.datasetName,
    commands: [summary.setup.command],
    facts: setupFacts(summary),
    sides: summary.policies.map((policy) => ({
      label: policy.policy,
      summary: policy,
      rows: rows.filter((row) => row.policy === policy.policy),
      folderOf: () => folder,
    })),
  })
}

function setupFacts({ setup, identity, cost, missing }: RunSummary): (readonly [name: string, value: string])[] {
  const deadline = identity.deadlineMs === null ? 'none' : `${identity.deadlineMs / 1_000} s`
  const harness = `harness ${number(cost.harnessMs)} ms on ${number(cost.searchMs)} ms a search (${percent(cost.harnessShare)})`
  const unsearched = `${missing.files} files whose contents are missing in the repositories, in ${missing.instances} instances`
  return [
    ['Dataset', `${setup.datasetName}, ${setup.instanceCount} instances`],
    ['Commit', setup.commit ?? `none; version ${setup.version}`],
    ['Policies', identity.policies.join(', ')],
    [
      'Budget',
      `${identity.maxTurns} turns, answer included; ${identity.maxBreadth} calls per turn; deadline ${deadline}`,
    ],
    ['Seed', String(identity.seed)],
    ['Versions', `FuseSearch ${setup.version}, Node ${setup.node}, ripgrep ${setup.rg ?? 'unknown'}`],
    ['Machine', setup.machine],
    ['Begun', setup.startedAt],
    ['Time', `${(cost.wallMs / 1_000).toFixed(1)} s for the ${cost.added} rows of the last part; ${harness}`],
    ...(missing.files > 0 ? [['Not searched', unsearched] as const] : []),
  ]
}

function setupBlocks(summary: RunSummary): Block[] {
  const { setup } = summary
  return [
    heading(`Evaluation on ${setup.datasetName}`, 1),
    { kind: 'code', text: setup.command },
    facts(setupFacts(summary)),
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
    heading('Cost of a search'),
    table(
      'policy|files answered|functions answered|turns|calls|redundant|e|no calls|calls showing gold|kB shown',
      spent,
    ),
    ...paragraphs(
      'e is a mean over the searches that made calls. Compare it only between policies whose calls and bytes shown differ by at most 10%. A ranker makes no calls.',
    ),
    table('policy|ms, mean|p50|p95|in the policy|in tools|cut by deadline|failed', times),
    ...(models.length === 0 ? [] : [...paragraphs(MODEL_NOTE), table(MODEL_HEAD, models)]),
  ]
}

/** Number of turns in the table. */
const SHOWN_TURNS = 8

function turnBlocks(policies: readonly PolicySummary[]): Block[] {
  const rows = policies.flatMap(({ policy, subsets }): Cell[][] =>
    subsets.all.search.byTurn.slice(0, SHOWN_TURNS).map(({ turn, n, breadth, gain, redundancy }) => {
      return [policy, String(turn), String(n), number(breadth), percent(gain), percent(redundancy)]
    }),
  )
  const shown = `The table has turns 1 to ${SHOWN_TURNS}; summary.json has all.`
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
    heading('Failures to read first: no gold file in the answer, highest confidence first'),
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

/** A policy and the cost of its model; null for a policy without a model. */
export interface ModelRow {
  readonly name: string
  readonly model: ModelSummary | null
}

export const MODEL_HEAD = 'policy|instances|requests|tokens in|of them cached|tokens out|cost|ms of the model'

/** The paragraph above the table of models. */
const MODEL_NOTE =
  "Cost of a policy's model: a mean over the instances that ran and used it. A ~ marks tokens that are partly estimated, because the endpoint doesn't report them."

/** The rows of the policies with a model; empty if there are none. */
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
