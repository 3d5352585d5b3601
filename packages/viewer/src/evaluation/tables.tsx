import type { ShownEstimate, ShownPolicy } from 'fusesearch/view'
import { duration } from '../format.ts'
import { Section } from '../parts.tsx'
import { shownText } from '../shown-text.ts'
import type { PartProps } from './shown.ts'

/** `63.2`, or a dash. */
export function number(value: number | null | undefined, decimals = 1): string {
  return value == null ? '–' : value.toFixed(decimals)
}

/** `63.2 [58.1, 68.0]`. */
export function withInterval({ value, low, high }: ShownEstimate): string {
  return value === null ? '–' : `${number(value)} [${number(low)}, ${number(high)}]`
}

interface NumbersProps {
  readonly title: string
  readonly note: string
  /** Titles of the columns after the policy's name. */
  readonly head: readonly string[]
  readonly policies: readonly ShownPolicy[]
  readonly cellsOf: (policy: ShownPolicy) => readonly string[]
}

function Numbers({ title, note, head, policies, cellsOf }: NumbersProps) {
  return (
    <Section title={title}>
      <p class="hint">{note}</p>
      <div class="scrolling" tabIndex={0} role="group" aria-label={`Table: ${title}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">policy</th>
              {head.map((name) => (
                <th scope="col" class="number" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {policies.map((policy) => (
              <tr key={policy.policy}>
                <th scope="row">{shownText(policy.policy)}</th>
                {cellsOf(policy).map((cell, column) => (
                  <td class="number" key={column}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}

/** Precision, recall, F1 and the accuracies of the ranking. */
export function QualityTable({ data, choices: { level, subset } }: PartProps) {
  return (
    <Numbers
      title="Quality"
      note="Percent, means over instances, with 95% bootstrap intervals. F1 is of the committed answer, Acc@k of the ranking. A failed instance counts as zero."
      head={['n', 'F1, 95% interval', 'precision', 'recall', 'Acc@1', 'Acc@3', 'Acc@5', 'failed']}
      policies={data.policies}
      cellsOf={({ subsets }) => {
        const { failed, [level]: quality } = subsets[subset]
        const { f1, precision, recall, accAt1, accAt3, accAt5 } = quality
        const others = [precision, recall, accAt1, accAt3, accAt5].map(({ value }) => number(value))
        return [String(f1.n), withInterval(f1), ...others, String(failed)]
      }}
    />
  )
}

/** Turns, calls, bytes, time and tokens. */
export function CostTable({ data, choices: { subset } }: PartProps) {
  const hasModel = data.policies.some(({ subsets }) => subsets[subset].search.model !== null)
  const ofModel = hasModel ? ['tokens in', 'tokens out', 'cost'] : []
  const head = ['turns', 'calls', 'redundant', 'e', 'calls showing gold', 'kB shown', 'time, mean', 'median', '95%']
  return (
    <Numbers
      title="Cost of a search"
      note="Means over searches. Compare e only between policies whose calls and bytes differ by at most 10%. A ranker makes no calls."
      head={[...head, ...ofModel]}
      policies={data.policies}
      cellsOf={({ subsets }) => {
        const { turns, calls, redundancy, efficiency, goldCalls, bytesShown, ms, model } = subsets[subset].search
        const shares = [redundancy, efficiency.value, goldCalls].map((share) =>
          share === null ? '–' : `${number(share)}%`,
        )
        const kilobytes = bytesShown === null ? '–' : (bytesShown / 1_000).toFixed(0)
        const times = [ms.mean, ms.p50, ms.p95].map((one) => (one === null ? '–' : duration(one)))
        const tokens = [number(model?.inputTokens, 0), number(model?.outputTokens, 0), number(model?.cost, 4)]
        return [number(turns), number(calls), ...shares, kilobytes, ...times, ...(hasModel ? tokens : [])]
      }}
    />
  )
}
