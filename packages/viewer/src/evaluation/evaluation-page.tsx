import type { EvaluationData, ShownInstance } from 'fusesearch/view'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Facts } from '../facts.tsx'
import { Section } from '../parts.tsx'
import { shownText } from '../shown-text.ts'
import { ByTurn } from './by-turn.tsx'
import { ChoiceBar } from './choice-bar.tsx'
import { Differences } from './differences.tsx'
import { Groups } from './groups.tsx'
import { InstancePage } from './instance-page.tsx'
import { InstanceTable } from './instance-table.tsx'
import { Published } from './published.tsx'
import { Scatter } from './scatter.tsx'
import { type Choices, NO_FILTER, shownInstances } from './shown.ts'
import { CostTable, QualityTable } from './tables.tsx'
import { useOpened } from './use-opened.ts'

/** The page of an evaluation: an interactive report, with a link from each instance to its trajectories. */
export function EvaluationPage({ data }: { readonly data: EvaluationData }) {
  const [choices, setChoices] = useState<Choices>(() => firstChoices(data))
  const choose = useCallback((change: Partial<Choices>) => setChoices((now) => ({ ...now, ...change })), [])
  const shown = useMemo(() => shownInstances(data, choices), [data, choices])
  // Not a state: sorting the table redraws nothing else.
  const order = useRef<readonly ShownInstance[]>(data.instances)
  const [opened, open] = useOpened(data)
  const title = `Evaluation on ${shownText(data.title)}`
  useEffect(() => {
    document.title = `${opened === null ? title : shownText(opened.id)} · FuseSearch`
  }, [title, opened])
  return (
    <>
      {opened !== null && <InstancePage data={data} instance={opened} order={order.current} open={open} />}
      <div class="report" hidden={opened !== null}>
        <header class="top">
          <h1>{title}</h1>
        </header>
        <main class="page">
          <ChoiceBar data={data} choices={choices} choose={choose} />
          <div class="halves">
            <QualityTable data={data} choices={choices} />
            <About data={data} />
          </div>
          <div class="halves">
            <Scatter data={data} choices={choices} choose={choose} shown={shown} open={open} />
            <Differences data={data} choices={choices} choose={choose} open={open} />
          </div>
          <div class="halves">
            <Groups data={data} choices={choices} choose={choose} />
            <ByTurn data={data} choices={choices} />
          </div>
          <CostTable data={data} choices={choices} />
          <InstanceTable data={data} choices={choices} choose={choose} shown={shown} open={open} order={order} />
          <Published rows={data.published} />
        </main>
      </div>
    </>
  )
}

function firstChoices({ policies, instances }: EvaluationData): Choices {
  const hasTokens = instances.some(({ outcomes }) => outcomes.some((outcome) => outcome?.tokens != null))
  return {
    level: 'file',
    subset: 'all',
    a: 0,
    b: Math.min(1, policies.length - 1),
    cost: hasTokens ? 'tokens' : 'calls',
    filter: NO_FILTER,
  }
}

function About({ data: { commands, facts, notices } }: { readonly data: EvaluationData }) {
  return (
    <Section title="Run">
      {commands.map((command) => (
        <p class="command" key={command}>
          <code>{shownText(command)}</code>
        </p>
      ))}
      {notices.map((notice) => (
        <p class="notice" key={notice}>
          {shownText(notice)}
        </p>
      ))}
      <Facts facts={facts} />
    </Section>
  )
}
