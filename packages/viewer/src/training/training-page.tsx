import type { TrainingData } from 'fusesearch/view'
import { useEffect } from 'preact/hooks'
import { Facts } from '../facts.tsx'
import { Section } from '../parts.tsx'
import { shownText } from '../shown-text.ts'
import { Curves } from './curves.tsx'

/** Milliseconds until the page of a running training reloads its file. */
const RELOAD_MS = 4_000

/** The page of a training: its curves while it runs, and its results. */
export function TrainingPage({ data }: { readonly data: TrainingData }) {
  useEffect(() => {
    document.title = `${shownText(data.title)} · FuseSearch`
    if (data.state !== 'running') return undefined
    const timer = setTimeout(() => location.reload(), RELOAD_MS)
    return () => clearTimeout(timer)
  }, [data])
  return (
    <>
      <header class="top">
        <h1>{shownText(data.title)}</h1>
        <p class="muted" role="status">
          {progressOf(data)}
        </p>
      </header>
      <main class="page">
        <Section title="Run">
          <p class="command">
            <code>{shownText(data.command)}</code>
          </p>
          <Facts facts={data.facts} />
        </Section>
        {data.gains.length > 0 && <Gains data={data} />}
        <Curves data={data} />
        <Steps data={data} />
        <Skipped data={data} />
      </main>
    </>
  )
}

const PHASES = {
  hand: 'the start',
  ranking: 'the ranking',
  sft: 'cloning (phase 1)',
  grpo: 'update',
  answers: 'the second fit of the ranking',
  lengths: 'the lengths of answers',
} as const

/** A step in words. */
function stepName({ phase, iteration }: TrainingData['history'][number]): string {
  return phase === 'grpo' ? `update ${iteration} of phase 2` : PHASES[phase]
}

function progressOf({ state, history, iterations, writtenAt }: TrainingData): string {
  if (state === 'ended') return 'ended'
  const last = history.at(-1)
  const step = last === undefined ? 'nothing' : stepName(last)
  const of = last?.phase === 'grpo' ? `, of at most ${iterations}` : ''
  const reached = `done ${step}${of}, at ${new Date(writtenAt).toLocaleTimeString('en')}`
  return state === 'stopped' ? `stopped early; ${reached}` : `running; ${reached}; this page updates itself`
}

const VERDICTS = { better: 'better', worse: 'worse', open: 'no significant difference' } as const

function Gains({ data: { gains, findings } }: { readonly data: TrainingData }) {
  return (
    <Section title="Results">
      <Numbers
        label="before and after, held out"
        head={['held out', 'n', 'before', 'trained', 'difference, 95% interval', 'verdict']}
        rows={gains.map(({ name, n, before, after, difference, verdict }) => [
          name,
          String(n),
          before,
          after,
          difference,
          VERDICTS[verdict],
        ])}
      />
      {findings.map((finding) => (
        <p class="hint" key={finding}>
          {shownText(finding)}
        </p>
      ))}
    </Section>
  )
}

/** The held-out samples step by step. */
function Steps({ data: { history, best } }: { readonly data: TrainingData }) {
  const rows = history.flatMap((step, index) => {
    const { validation } = step
    if (validation === undefined) return []
    const { reward, fileF1, functionF1, efficiency, redundancy, turns, calls, bytes } = validation
    const shares = [fileF1, functionF1, efficiency, redundancy].map((share) => (100 * share).toFixed(1))
    const name = `${stepName(step)}${index === best ? ', the best' : ''}`
    return [[name, reward.toFixed(3), ...shares, turns.toFixed(1), calls.toFixed(1), (bytes / 1_000).toFixed(1)]]
  })
  const head = ['after', 'reward', 'file F1', 'function F1', 'e', 'redundant', 'turns', 'calls', 'kB']
  return (
    <Section title="Held-out samples, step by step">
      <Numbers label="held-out samples" head={head} rows={rows} />
    </Section>
  )
}

function Skipped({ data: { skipped, skippedCount } }: { readonly data: TrainingData }) {
  if (skippedCount === 0) return null
  return (
    <Section title="Samples that were skipped">
      {skipped.length < skippedCount && (
        <p class="hint">
          The first {skipped.length} of {skippedCount}; training.json has all.
        </p>
      )}
      <Numbers
        label="skipped samples"
        head={['sample', 'reason', 'error']}
        rows={skipped.map(({ id, code, message }) => [id, code, message])}
      />
    </Section>
  )
}

interface NumbersProps {
  readonly label: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

function Numbers({ label, head, rows }: NumbersProps) {
  const isNumber = head.map((_, column) => column > 0 && rows.every((row) => /^[\d+−–-]/.test(row[column] ?? '')))
  const classOf = (column: number): string => (isNumber[column] === true ? 'number' : '')
  return (
    <div class="scrolling" tabIndex={0} role="group" aria-label={`Table: ${label}`}>
      <table>
        <thead>
          <tr>
            {head.map((name, column) => (
              <th scope="col" class={classOf(column)} key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td class={classOf(column)} key={column}>
                  {shownText(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
