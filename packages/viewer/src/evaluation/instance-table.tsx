import type { EvaluationData, ShownInstance } from 'fusesearch/view'
import { useMemo, useState } from 'preact/hooks'
import { plural, whole } from '../format.ts'
import { Lazy, partsOf } from '../lazy.tsx'
import { Section } from '../parts.tsx'
import { shownText } from '../shown-text.ts'
import { Choice } from './choice-bar.tsx'
import { signed } from './differences.tsx'
import {
  type Choices,
  type ChoosingProps,
  COSTS,
  type Column,
  changeOf,
  costOf,
  f1Of,
  inOrder,
  meanF1,
  NO_FILTER,
  type Open,
  type Order,
  OUTCOMES,
  type OutcomeName,
  withFilter,
} from './shown.ts'
import { number } from './tables.tsx'
import { addressOf } from './use-opened.ts'

/** Number of rows drawn together, and the height of a row in pixels. */
const PART = 25
const ROW_HEIGHT = 29

interface InstanceTableProps extends ChoosingProps {
  /** Those that match the choices. */
  readonly shown: readonly ShownInstance[]
  readonly open: Open
  /** Receives the rows in order, so that the pages of instances have the same order. */
  readonly order: { current: readonly ShownInstance[] }
}

/** The instances: filtered, sorted, each a link to its trajectories. */
export function InstanceTable({ data, choices, choose, shown, order: given }: InstanceTableProps) {
  const [order, setOrder] = useState<Order | null>(null)
  const columns = useMemo(() => columnsOf(data, choices), [data, choices])
  const rows = useMemo(() => {
    const column = columns.find(({ key }) => key === order?.key)
    return order === null || column === undefined ? shown : inOrder(shown, order, column)
  }, [shown, order, columns])
  given.current = rows
  const sort = (key: string): void =>
    setOrder((now) => ({ key, isDescending: now?.key === key ? !now.isDescending : !TEXT_COLUMNS.has(key) }))
  return (
    <Section title="Instances" class="instances">
      <FilterBar data={data} choices={choices} choose={choose} />
      <p class="hint" role="status">
        {whole(rows.length)} of {plural(data.instances.length, 'instance')}
        {data.policies.map(
          ({ policy }, index) => `, ${shownText(policy)} ${number(meanF1(rows, index, choices.level))}`,
        )}
      </p>
      <div class="scrolling" tabIndex={0} role="group" aria-label="Table of instances">
        <table class="rows" style={{ '--numbers': String(columns.length - TEXT_COLUMNS.size) }}>
          <Head columns={columns} order={order} sort={sort} />
          {partsOf(rows, PART).map((part, index) => (
            <tbody key={index}>
              <Lazy height={part.length * ROW_HEIGHT} isEager={index === 0} place="tr">
                {/* Rows keep their places: a sorted table changes their texts only. */}
                {() => part.map((instance, row) => <Row instance={instance} columns={columns} key={row} />)}
              </Lazy>
            </tbody>
          ))}
        </table>
      </div>
      {rows.length === 0 && <p class="hint">No instance is left. Change the filter.</p>}
    </Section>
  )
}

const TEXT_COLUMNS: ReadonlySet<string> = new Set(['id', 'repository', 'language'])

/** On a narrow page the numbers matter more than repository and language, which the filters have. */
function classOf(key: string): string {
  if (!TEXT_COLUMNS.has(key)) return 'number'
  return key === 'id' ? '' : 'with-room'
}

/** Content of a column besides its sort key. */
interface ShownColumn extends Column {
  readonly show: (value: CellValue) => string
}

type CellValue = string | number | null

function text(value: CellValue): string {
  return shownText(String(value ?? ''))
}

function points(value: CellValue): string {
  return typeof value === 'number' ? number(100 * value, 0) : '–'
}

function columnsOf({ policies }: EvaluationData, choices: Choices): readonly ShownColumn[] {
  const { level, cost } = choices
  const amount = (value: CellValue): string =>
    typeof value !== 'number' ? '–' : cost === 'seconds' ? value.toFixed(2) : whole(value)
  const names = policies.map(({ policy }) => shownText(policy))
  return [
    { key: 'id', title: 'instance', valueOf: ({ id }) => id, show: text },
    { key: 'repository', title: 'repository', valueOf: ({ repository }) => repository, show: text },
    { key: 'language', title: 'language', valueOf: ({ language }) => language, show: text },
    ...names.map((name, policy) => ({
      key: `f1 ${policy}`,
      title: `${name} F1`,
      valueOf: (instance: ShownInstance) => f1Of(instance, policy, level),
      show: points,
    })),
    ...(choices.a === choices.b
      ? []
      : [
          {
            key: 'change',
            title: 'A − B',
            valueOf: (instance: ShownInstance) => changeOf(instance, choices),
            show: (value: CellValue) => (typeof value === 'number' ? signed(100 * value) : '–'),
          },
        ]),
    ...names.map((name, policy) => ({
      key: `cost ${policy}`,
      title: `${name} ${COSTS[cost]}`,
      valueOf: ({ outcomes }: ShownInstance) => {
        const outcome = outcomes[policy]
        return outcome == null ? null : costOf(outcome, cost)
      },
      show: amount,
    })),
  ]
}

interface HeadProps {
  readonly columns: readonly Column[]
  readonly order: Order | null
  readonly sort: (key: string) => void
}

function Head({ columns, order, sort }: HeadProps) {
  return (
    <thead>
      <tr>
        {columns.map(({ key, title }) => {
          const isOrder = order?.key === key
          const way = isOrder ? (order.isDescending ? 'descending' : 'ascending') : 'none'
          return (
            <th scope="col" class={classOf(key)} aria-sort={way} key={key}>
              <button type="button" onClick={() => sort(key)}>
                {title}
                {isOrder && <span aria-hidden="true">{order.isDescending ? ' ↓' : ' ↑'}</span>}
              </button>
            </th>
          )
        })}
      </tr>
    </thead>
  )
}

function Row({ instance, columns }: { readonly instance: ShownInstance; readonly columns: readonly ShownColumn[] }) {
  const failed = instance.outcomes.some((outcome) => outcome?.error != null)
  return (
    <tr>
      {columns.map(({ key, valueOf, show }) => {
        const shown = show(valueOf(instance))
        if (key !== 'id') {
          return (
            <td class={classOf(key)} key={key}>
              {shown}
            </td>
          )
        }
        return (
          <th scope="row" key={key}>
            <a href={addressOf(instance)}>{shown}</a>
            {failed && (
              <>
                {' '}
                <span class="tag bad">failed</span>
              </>
            )}
          </th>
        )
      })}
    </tr>
  )
}

function FilterBar({ data, choices, choose }: ChoosingProps) {
  const { filter } = choices
  const change = (part: Partial<Choices['filter']>): void => choose(withFilter(choices, part))
  const hasPairs = data.policies.length > 1
  const outcomes = Object.entries(OUTCOMES).filter(([name]) => hasPairs || !PAIRED.has(name))
  return (
    <div class="filters" role="search" aria-label="Filter of instances">
      <label class="choice">
        Search{' '}
        <input
          type="search"
          value={filter.text}
          onInput={({ currentTarget }) => change({ text: currentTarget.value })}
          placeholder="id or repository"
          spellcheck={false}
        />
      </label>
      <Choice
        label="Repository"
        value={filter.repository}
        options={valuesOf(data, ({ repository }) => [repository])}
        onChange={(repository) => change({ repository })}
      />
      <Choice
        label="Language"
        value={filter.language}
        options={valuesOf(data, ({ language }) => [language])}
        onChange={(language) => change({ language })}
      />
      <Choice
        label="Kind"
        value={filter.kind}
        options={valuesOf(data, ({ kinds }) => kinds)}
        onChange={(kind) => change({ kind })}
      />
      <Choice
        label="Outcome"
        value={filter.outcome}
        options={outcomes}
        onChange={(outcome) => change({ outcome: outcome as OutcomeName })}
      />
      {JSON.stringify(filter) !== JSON.stringify(NO_FILTER) && (
        <button type="button" class="quiet" onClick={() => choose({ filter: NO_FILTER })}>
          Show all
        </button>
      )}
    </div>
  )
}

const PAIRED: ReadonlySet<string> = new Set(['changed', 'better', 'worse'] satisfies OutcomeName[])

function valuesOf(
  { instances }: EvaluationData,
  pick: (instance: ShownInstance) => readonly string[],
): readonly (readonly [string, string])[] {
  const values = [...new Set(instances.flatMap(pick))].sort()
  return [['', 'any'], ...values.map((value) => [value, shownText(value)] as const)]
}
