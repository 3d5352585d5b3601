import { RESAMPLES } from '../metrics/bootstrap.ts'
import type { PercentEstimate } from '../metrics/percent.ts'
import type { Subset } from '../metrics/quality.ts'
import type { PolicySummary } from '../metrics/summary.ts'
import { MODEL_HEAD, MODEL_NOTE, modelRows } from './model-table.ts'
import type { RunSummary } from './run-summary.ts'
import { SHOWN_SHARE } from './series.ts'

/** A cell: text, or a link into the run's folder. */
export type Cell = string | { readonly text: string; readonly href: string }

/** A part of the report, before it is Markdown or HTML. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'figure' }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] }

/** Turns of a policy in the table. */
const SHOWN_TURNS = 8

const SUBSET_TITLES: Readonly<Record<Subset, string>> = {
  all: 'All instances',
  kept: 'Kept instances: the fix adds no file, function, method or class, and changes a function',
}
const BREAKDOWN_TITLES = {
  repository: 'Repository',
  language: 'Language',
  'gold-files': 'Gold files',
  'gold-functions': 'Gold functions',
  'issue-kind': 'Kind of issue (kinds overlap)',
} as const

/** The report's content, from its summary alone. */
export function buildReport(summary: RunSummary): Block[] {
  return [
    ...setupBlocks(summary),
    ...(['all', 'kept'] as const).flatMap((subset) => qualityBlocks(summary.policies, subset)),
    ...searchBlocks(summary.policies),
    { kind: 'heading', level: 2, text: 'By turn, and quality against time' },
    { kind: 'figure' },
    ...turnBlocks(summary.policies),
    ...breakdownBlocks(summary.policies),
    ...anchorBlocks(summary),
    ...failureBlocks(summary),
  ]
}

function setupBlocks({ setup, identity, cost, missing }: RunSummary): Block[] {
  const rows: Cell[][] = [
    ['Dataset', `${setup.datasetName}, ${setup.instanceCount} instances`],
    ['Commit', setup.commit ?? `none; version ${setup.version}`],
    ['Policies', identity.policies.join(', ')],
    [
      'Budget',
      `${identity.maxTurns} turns, the answer included; ${identity.maxBreadth} calls a turn; deadline ${identity.deadlineMs === null ? 'none' : `${identity.deadlineMs / 1_000} s`}`,
    ],
    ['Seed', String(identity.seed)],
    ['Versions', `FuseSearch ${setup.version}, Node ${setup.node}, ripgrep ${setup.rg ?? 'unknown'}`],
    ['Machine', setup.machine],
    ['Begun', setup.startedAt],
    [
      'Time',
      `${(cost.wallMs / 1_000).toFixed(1)} s for the ${cost.added} rows of the last part; harness ${number(cost.harnessMs)} ms on ${number(cost.searchMs)} ms a search (${percent(cost.harnessShare)})`,
    ],
  ]
  if (missing.files > 0) {
    const what = `${missing.files} files whose contents the repositories lack, in ${missing.instances} instances`
    rows.push(['Not searched', what])
  }
  return [
    { kind: 'heading', level: 1, text: `Evaluation on ${setup.datasetName}` },
    { kind: 'code', text: setup.command },
    { kind: 'table', head: ['', ''], rows },
    {
      kind: 'text',
      text: `Numbers are means over instances in percent, with 95% percentile-bootstrap intervals (${RESAMPLES} resamples). F1 is of the committed answer; Acc@k of the ranking, gold clipped to k. A failed instance counts as zero.`,
    },
  ]
}

function qualityBlocks(policies: readonly PolicySummary[], subset: Subset): Block[] {
  const rows = policies.flatMap(({ policy, subsets }): Cell[][] =>
    (['file', 'function'] as const).map((level): Cell[] => {
      const { precision, recall, f1, accAt1, accAt3, accAt5 } = subsets[subset][level]
      const others = [precision, recall, accAt1, accAt3, accAt5].map(({ value }) => number(value))
      return [policy, level, String(f1.n), withInterval(f1)].concat(others)
    }),
  )
  const head = ['policy', 'level', 'n', 'F1', 'precision', 'recall', 'Acc@1', 'Acc@3', 'Acc@5']
  return [
    { kind: 'heading', level: 2, text: SUBSET_TITLES[subset] },
    { kind: 'table', head, rows },
  ]
}

function searchBlocks(policies: readonly PolicySummary[]): Block[] {
  const spent = policies.map(({ policy, subsets: { all } }): Cell[] => {
    const { turns, calls, redundancy, efficiency, goldCalls, bytesShown, answer } = all.search
    return [
      policy,
      number(answer.files),
      number(answer.functions),
      number(turns),
      number(calls),
      percent(redundancy),
      percent(efficiency.value),
      String(efficiency.nulls),
      percent(goldCalls),
      bytesShown === null ? '–' : (bytesShown / 1_000).toFixed(0),
    ]
  })
  const times = policies.map(({ policy, subsets: { all } }): Cell[] => {
    const { ms, cut } = all.search
    const [mean, p50, p95, own, tools] = [ms.mean, ms.p50, ms.p95, ms.policy, ms.tools].map((value) => number(value, 0))
    return [policy, mean ?? '', p50 ?? '', p95 ?? '', own ?? '', tools ?? '', String(cut), String(all.failed)]
  })
  const spentHead =
    'policy|files answered|functions answered|turns|calls|redundant|e|no calls|calls showing gold|kB shown'
  const timesHead = 'policy|ms, mean|p50|p95|in the policy|in tools|cut by deadline|failed'
  return [
    { kind: 'heading', level: 2, text: 'What a search costs' },
    { kind: 'table', head: spentHead.split('|'), rows: spent },
    {
      kind: 'text',
      text: 'e is a mean over searches, those without a call left out; compare it only between policies whose calls and bytes shown are within 10%. A ranker makes no calls.',
    },
    { kind: 'table', head: timesHead.split('|'), rows: times },
    ...modelBlocks(policies),
  ]
}

function modelBlocks(policies: readonly PolicySummary[]): Block[] {
  const rows = modelRows(policies.map(({ policy, subsets }) => ({ name: policy, model: subsets.all.search.model })))
  if (rows.length === 0) return []
  return [
    { kind: 'text', text: MODEL_NOTE },
    { kind: 'table', head: MODEL_HEAD, rows },
  ]
}

function turnBlocks(policies: readonly PolicySummary[]): Block[] {
  const rows = policies.flatMap(({ policy, subsets }): Cell[][] =>
    subsets.all.search.byTurn
      .slice(0, SHOWN_TURNS)
      .map(({ turn, n, breadth, gain, redundancy }) => [
        policy,
        String(turn),
        String(n),
        number(breadth),
        `${number(gain)}%`,
        `${number(redundancy)}%`,
      ]),
  )
  const shown = `The figure leaves out turns that less than ${SHOWN_SHARE * 100}% of the searches reached, the table those after ${SHOWN_TURNS}; summary.json has all.`
  return [
    { kind: 'text', text: shown },
    { kind: 'table', head: ['policy', 'turn', 'searches', 'calls', 'gain', 'redundant'], rows },
  ]
}

function breakdownBlocks(policies: readonly PolicySummary[]): Block[] {
  const [first] = policies
  if (first === undefined) return []
  const groups = first.subsets.all.breakdown
  const blocks = Object.entries(BREAKDOWN_TITLES).flatMap(([by, title]): Block[] => {
    const rows = groups
      .filter((group) => group.by === by)
      .map(({ group, instances }): Cell[] =>
        [group, String(instances)].concat(policies.map((policy) => groupF1(policy, by, group))),
      )
    return [
      { kind: 'heading', level: 3, text: title },
      { kind: 'table', head: ['', 'instances', ...policies.map(({ policy }) => policy)], rows },
    ]
  })
  return [{ kind: 'heading', level: 2, text: 'File F1 / function F1 by group, all instances' }, ...blocks]
}

function groupF1({ subsets }: PolicySummary, by: string, name: string): string {
  const found = subsets.all.breakdown.find((group) => group.by === by && group.group === name)
  return found === undefined ? '–' : `${number(found.fileF1.value)} / ${number(found.functionF1.value)}`
}

function anchorBlocks({ anchors }: RunSummary): Block[] {
  const rows = anchors.map(({ system, source, instances, fileF1, functionF1, seconds, turns }): Cell[] => [
    system,
    instances,
    number(fileF1),
    number(functionF1),
    number(turns),
    number(seconds),
    source,
  ])
  return [
    { kind: 'heading', level: 2, text: 'Published numbers' },
    {
      kind: 'text',
      text: 'Each over its own instances: they stand here for orientation and are not rows of the tables above.',
    },
    { kind: 'table', head: ['system', 'instances', 'file F1', 'function F1', 'turns', 'seconds', 'source'], rows },
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
    { kind: 'heading', level: 2, text: 'Failures worth reading: no gold file answered, the surest first' },
    { kind: 'table', head: ['instance', 'policy', 'confidence', 'answered', 'gold', 'gold in ranking'], rows: missed },
    ...(broken.length === 0
      ? []
      : ([
          { kind: 'heading', level: 2, text: 'Instances that failed' },
          { kind: 'table', head: ['instance', 'policy', 'code', 'error'], rows: broken },
        ] as const)),
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
