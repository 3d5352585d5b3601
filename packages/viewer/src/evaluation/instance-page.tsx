import type { EvaluationData, InstanceDetail, ShownInstance } from 'fusesearch/view'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Place } from '../context.ts'
import { duration, percent } from '../format.ts'
import { Section } from '../parts.tsx'
import { Runs } from '../runs.tsx'
import { shownText } from '../shown-text.ts'
import type { Open } from './shown.ts'
import { number } from './tables.tsx'
import { unpack } from './unpack.ts'

interface InstancePageProps {
  readonly data: EvaluationData
  readonly instance: ShownInstance
  /** The instances in the order of the table. */
  readonly order: readonly ShownInstance[]
  readonly open: Open
}

/** An instance: the result of each policy, and their searches side by side. */
export function InstancePage({ data, instance, order, open }: InstancePageProps) {
  const detail = useDetail(instance)
  const place = order.findIndex(({ id }) => id === instance.id)
  return (
    <>
      <header class="top instance-top">
        <h1>{shownText(instance.id)}</h1>
        <p class="muted">
          {shownText(instance.repository)} · {shownText(instance.language)} · {instance.kinds.map(shownText).join(', ')}
        </p>
        <nav aria-label="Instances" class="buttons">
          <button type="button" class="quiet" onClick={() => open(null)}>
            All instances
          </button>
          <Step to={place < 0 ? undefined : order[place - 1]} open={open} label="Previous instance" sign="←" />
          <Step to={place < 0 ? undefined : order[place + 1]} open={open} label="Next instance" sign="→" />
        </nav>
      </header>
      <main>
        <div class="page asking">
          <Outcomes data={data} instance={instance} detail={detail === 'unpacking' ? null : detail} />
        </div>
        {detail === null && (
          <p class="notice page">
            This page has no room for the trajectories of this instance. They lie beside it: fusesearch view FILE shows
            them.
          </p>
        )}
        {detail !== null && detail !== 'unpacking' && <Searches detail={detail} key={instance.id} />}
      </main>
    </>
  )
}

interface StepProps {
  readonly to: ShownInstance | undefined
  readonly open: Open
  readonly label: string
  readonly sign: string
}

function Step({ to, open, label, sign }: StepProps) {
  return (
    <button
      type="button"
      class="step"
      disabled={to === undefined}
      aria-label={label}
      onClick={() => to !== undefined && open(to)}
    >
      {sign}
    </button>
  )
}

/** Null if the page has none. */
function useDetail({ id, detail: packed }: ShownInstance): InstanceDetail | null | 'unpacking' {
  const [unpacked, setUnpacked] = useState<{ readonly id: string; readonly detail: InstanceDetail } | null>(null)
  useEffect(() => {
    let isWanted = true
    if (packed !== null) void unpack(packed).then((detail) => isWanted && setUnpacked({ id, detail }))
    return () => {
      isWanted = false
    }
  }, [id, packed])
  if (packed === null) return null
  return unpacked?.id === id ? unpacked.detail : 'unpacking'
}

function Outcomes({ data, instance, detail }: Omit<InstancePageProps, 'order' | 'open'> & OutcomesProps) {
  const gold = detail?.gold
  return (
    <Section title="Outcome">
      <div class="scrolling" tabIndex={0} role="group" aria-label="Table: outcome">
        <table>
          <thead>
            <tr>
              <th scope="col">policy</th>
              {['file F1', 'function F1', 'turns', 'calls', 'e', 'time'].map((name) => (
                <th scope="col" class="number" key={name}>
                  {name}
                </th>
              ))}
              <th scope="col">answered</th>
            </tr>
          </thead>
          <tbody>
            {data.policies.map(({ policy }, index) => (
              <OutcomeRow
                name={policy}
                outcome={instance.outcomes[index] ?? null}
                answer={detail?.answers[index] ?? null}
                gold={gold ?? null}
                key={policy}
              />
            ))}
          </tbody>
        </table>
      </div>
      {gold != null && (
        <p>
          The fix changed <Places sets={gold} gold={null} />
        </p>
      )}
    </Section>
  )
}

interface OutcomesProps {
  readonly detail: InstanceDetail | null
}

interface OutcomeRowProps {
  readonly name: string
  readonly outcome: ShownInstance['outcomes'][number]
  readonly answer: InstanceDetail['answers'][number]
  readonly gold: InstanceDetail['gold']
}

function OutcomeRow({ name, outcome, answer, gold }: OutcomeRowProps) {
  if (outcome === null) {
    return (
      <tr>
        <th scope="row">{shownText(name)}</th>
        <td colSpan={7}>did not run</td>
      </tr>
    )
  }
  const { fileF1, functionF1, turns, calls, efficiency, ms, error } = outcome
  const scores = [fileF1, functionF1].map((f1) => (f1 === null ? '–' : number(100 * f1, 0)))
  const spent = [turns, calls].map(String)
  const cells = [...scores, ...spent, efficiency === null ? '–' : percent(efficiency), duration(ms)]
  return (
    <tr>
      <th scope="row">{shownText(name)}</th>
      {cells.map((cell, column) => (
        <td class="number" key={column}>
          {cell}
        </td>
      ))}
      <td>
        {error !== null && (
          <span class="bad">
            {shownText(error.code)}: {shownText(error.message)}
          </span>
        )}
        {answer !== null && <Places sets={answer} gold={gold} />}
      </td>
    </tr>
  )
}

interface PlacesProps {
  readonly sets: Pick<NonNullable<InstanceDetail['gold']>, 'files' | 'functions'>
  readonly gold: InstanceDetail['gold']
}

/** Files with the functions in them; those of the fix are marked. */
function Places({ sets: { files, functions }, gold }: PlacesProps) {
  if (files.length === 0) return <>nothing</>
  return (
    <span class="places">
      {files.map((path) => {
        const within = functions.filter((one) => one.path === path)
        return (
          <span key={path}>
            <bdi class={gold?.files.includes(path) ? 'path right' : 'path'}>{shownText(path)}</bdi>
            {within.length > 0 && ': '}
            {within.map(({ name }, index) => {
              const isRight = gold?.functions.some((one) => one.path === path && one.name === name)
              return (
                <span key={name}>
                  {index > 0 && ', '}
                  <bdi class={isRight ? 'right' : ''}>{shownText(name)}</bdi>
                </span>
              )
            })}
          </span>
        )
      })}
    </span>
  )
}

/** The searches with a trajectory. */
function Searches({ detail }: { readonly detail: InstanceDetail }) {
  const [selected, select] = useState<Place | null>(null)
  const runs = useMemo(() => detail.runs.filter((run) => run !== null), [detail])
  if (runs.length === 0) return <p class="notice page">No policy left a trajectory of this instance.</p>
  return <Runs view={{ runs, gold: detail.gold, selected, select, editorLink: () => undefined }} />
}
