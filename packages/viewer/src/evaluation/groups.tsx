import { barX, gridX, type PlotOptions, pointerY, ruleX, ruleY, tip } from '@observablehq/plot'
import type { EvaluationData, ShownEstimate, ShownGroup } from 'fusesearch/view'
import { useCallback, useState } from 'preact/hooks'
import { Chart, SeriesLegend, seriesScales } from '../charts/chart.tsx'
import { plural } from '../format.ts'
import { Lazy } from '../lazy.tsx'
import { Section } from '../parts.tsx'
import { shownText } from '../shown-text.ts'
import { Choice } from './choice-bar.tsx'
import { type Choices, type ChoosingProps, withFilter } from './shown.ts'
import { withInterval } from './tables.tsx'

const GROUPINGS = {
  repository: 'repository',
  language: 'language',
  'gold-files': 'files in the fix',
  'gold-functions': 'functions in the fix',
  'issue-kind': 'kind of issue',
} as const
type Grouping = keyof typeof GROUPINGS

/** Number of groups shown by default. */
const FIRST_GROUPS = 14
const BAR = 12
const GAP = 8
const LONGEST_NAME = 26

/** F1 of each group of instances, with its interval. */
export function Groups({ data, choices, choose }: ChoosingProps) {
  const [by, setBy] = useState<Grouping>('repository')
  const [isWhole, setWhole] = useState(false)
  const names = data.policies.map(({ policy }) => policy)
  const groups = groupsOf(data, choices, by)
  const drawn = isWhole ? groups : groups.slice(0, FIRST_GROUPS)
  const options = useCallback(
    (width: number): PlotOptions => barOptions({ bars: barsOf(data, choices, by), groups: drawn, width, names }),
    [data, choices.level, choices.subset, by, isWhole],
  )
  const pick = useCallback(
    (picked: unknown) => {
      const { group } = picked as Bar
      if (by === 'repository' || by === 'language') choose(withFilter(choices, { [by]: group }))
      else if (by === 'issue-kind') choose(withFilter(choices, { kind: group }))
    },
    [by, choices],
  )
  const height = drawn.length * (names.length * BAR + GAP) + 50
  return (
    <Section title="By group">
      <Choice
        label="by"
        value={by}
        options={Object.entries(GROUPINGS)}
        onChange={(chosen) => setBy(chosen as Grouping)}
      />
      <SeriesLegend series={names} />
      <Lazy height={height}>
        {() => (
          <Chart
            label={`F1 by ${GROUPINGS[by]}: ${drawn.map(({ group, instances }) => `${shownText(group)} (${instances})`).join(', ')}`}
            options={options}
            onPick={pick}
          />
        )}
      </Lazy>
      {groups.length > FIRST_GROUPS && (
        <button type="button" class="quiet" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show the largest only' : `Show all ${plural(groups.length, 'group')}`}
        </button>
      )}
      <p class="hint">
        Bars are means, lines their 95% intervals; in brackets stands the number of instances. Select a repository, a
        language or a kind to see its instances.
      </p>
      <GroupTable data={data} choices={choices} by={by} groups={groups} />
    </Section>
  )
}

/** The same as a table. */
function GroupTable({ data, choices, by, groups }: Omit<ChoosingProps, 'choose'> & GroupTableProps) {
  const bars = barsOf(data, choices, by)
  return (
    <details>
      <summary>As numbers</summary>
      <div class="scrolling" tabIndex={0} role="group" aria-label={`Table: F1 by ${GROUPINGS[by]}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">{GROUPINGS[by]}</th>
              <th scope="col" class="number">
                instances
              </th>
              {data.policies.map(({ policy }) => (
                <th scope="col" class="number" key={policy}>
                  {shownText(policy)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map(({ group, instances }) => (
              <tr key={group}>
                <th scope="row">{shownText(group)}</th>
                <td class="number">{instances}</td>
                {data.policies.map(({ policy }, index) => {
                  const bar = bars.find((one) => one.group === group && one.policy === index)
                  return (
                    <td class="number" key={policy}>
                      {bar === undefined ? '–' : withInterval(bar.estimate)}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}

interface GroupTableProps {
  readonly by: Grouping
  readonly groups: readonly Pick<ShownGroup, 'group' | 'instances'>[]
}

/** The groups of all policies, the largest first. */
function groupsOf({ policies }: EvaluationData, { subset }: Choices, by: Grouping): GroupTableProps['groups'] {
  const sizes = new Map<string, number>()
  for (const { subsets } of policies) {
    for (const { by: own, group, instances } of subsets[subset].breakdown) {
      if (own === by) sizes.set(group, Math.max(instances, sizes.get(group) ?? 0))
    }
  }
  return [...sizes].map(([group, instances]) => ({ group, instances })).sort((x, y) => y.instances - x.instances)
}

interface Bar {
  readonly group: string
  readonly policy: number
  readonly estimate: ShownEstimate
}

function barsOf({ policies }: EvaluationData, { level, subset }: Choices, by: Grouping): readonly Bar[] {
  return policies.flatMap(({ subsets }, policy) =>
    subsets[subset].breakdown.flatMap((group) =>
      group.by === by
        ? [{ group: group.group, policy, estimate: level === 'file' ? group.fileF1 : group.functionF1 }]
        : [],
    ),
  )
}

interface BarData {
  readonly bars: readonly Bar[]
  readonly groups: GroupTableProps['groups']
  readonly names: readonly string[]
  readonly width: number
}

function barOptions({ bars, groups, names, width }: BarData): PlotOptions {
  const labels = new Map(groups.map(({ group, instances }) => [group, `${cut(shownText(group))} (${instances})`]))
  const drawn = bars.flatMap((bar) => {
    const { value, low, high } = bar.estimate
    if (!labels.has(bar.group) || value === null) return []
    const told = `${shownText(bar.group)}\n${shownText(names[bar.policy] ?? '')}: ${withInterval(bar.estimate)}`
    return [{ ...bar, value, low: low ?? value, high: high ?? value, told }]
  })
  const place = { y: 'policy', fy: 'group' } as const
  const marginLeft = Math.min(210, Math.round(width * 0.42))
  return {
    height: groups.length * (names.length * BAR + GAP) + 50,
    marginLeft,
    marginRight: 14,
    marginTop: 4,
    x: { label: 'F1, %', domain: [0, 100], ticks: width < 500 ? [0, 50, 100] : [0, 25, 50, 75, 100] },
    y: { axis: null, domain: names.map((_, index) => index), padding: 0.1 },
    fy: {
      label: null,
      domain: groups.map(({ group }) => group),
      padding: GAP / (names.length * BAR + GAP),
      tickFormat: (group: string) => labels.get(group) ?? '',
    },
    color: seriesScales(names.length).color,
    marks: [
      gridX(),
      barX(drawn, { ...place, x: 'value', fill: 'policy', fillOpacity: 0.75 }),
      ruleY(drawn, { ...place, x1: 'low', x2: 'high', stroke: 'var(--ink)', strokeWidth: 1.5 }),
      ruleX([0]),
      // Away from the bars, the row under the pointer counts, whatever the length of its bar.
      tip(drawn, pointerY({ ...place, title: 'told', fill: 'var(--card)', stroke: 'var(--muted)' })),
    ],
  }
}

/** The end of a name is the most specific part. */
function cut(name: string): string {
  return name.length <= LONGEST_NAME ? name : `…${name.slice(1 - LONGEST_NAME)}`
}
