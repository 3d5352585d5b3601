import type { CallsInFlight } from 'fusesearch/view'
import { useEffect, useMemo } from 'preact/hooks'
import { Answer } from './answer.tsx'
import { CallPanel } from './call-panel.tsx'
import { factsOf, type View, ViewContext } from './context.ts'
import { Issue } from './issue.tsx'
import { Notices } from './notices.tsx'
import { RunTitle, Section } from './parts.tsx'
import { Summary } from './summary.tsx'
import { scaleOf, Timeline, TimelineLegend } from './timeline.tsx'
import { turnRows } from './turns.tsx'

interface RunsProps {
  readonly view: View
  /** On a live page: runs without an end are still running. */
  readonly isLive?: boolean
  /** The calls of each run without a result yet. */
  readonly inFlight?: readonly (CallsInFlight | null)[]
  /** The notices of the check of each run's answer. */
  readonly notices?: readonly (readonly string[])[]
}

const NONE: readonly null[] = []

/** Runs side by side, turn by turn, with the selected call beside them. */
export function Runs({ view, isLive = false, inFlight = NONE, notices = [] }: RunsProps) {
  const { runs, select, selected } = view
  const scale = useMemo(() => scaleOf(runs, inFlight), [runs, inFlight])
  const rows = useMemo(() => turnRows(runs, inFlight), [runs, inFlight])
  const issues = [...new Set(runs.map(({ header }) => header.issue))]
  const [issue = ''] = issues
  // An answer may name a call that never ran.
  const isOpen = selected !== null && factsOf(runs, selected) !== null
  useEffect(() => {
    const close = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') select(null)
    }
    addEventListener('keydown', close)
    return () => removeEventListener('keydown', close)
  }, [select])
  return (
    <ViewContext.Provider value={view}>
      <div class={isOpen ? 'page with-panel' : 'page'}>
        <div class={runs.length > 1 ? 'runs several' : 'runs'}>
          {issues.length > 1 && <p class="notice">These runs searched for different issues; the first one is shown.</p>}
          <div class="lead">
            <Issue text={issue} />
            {runs.length === 1 && <Answers view={view} />}
          </div>
          {runs.length > 1 && <Answers view={view} />}
          <Section title="Search" class="search">
            <TimelineLegend />
            <div class="columns" style={{ '--runs': String(runs.length) }}>
              {runs.map((run, index) => (
                <div class="column" key={index}>
                  <Summary run={run} isLive={isLive} />
                  <Timeline index={index} run={run} scale={scale} inFlight={inFlight[index] ?? null} />
                  <Notices run={run} more={notices[index] ?? []} />
                </div>
              ))}
              {rows}
            </div>
          </Section>
        </div>
        <CallPanel />
      </div>
    </ViewContext.Provider>
  )
}

/** The answers, one column per run. */
function Answers({ view: { runs } }: { readonly view: View }) {
  return (
    <Section title="Answer">
      <div class="columns" style={{ '--runs': String(runs.length) }}>
        {runs.map((run, index) => (
          <div class="column" key={index}>
            {runs.length > 1 && <RunTitle run={run} />}
            <Answer index={index} run={run} />
          </div>
        ))}
      </div>
    </Section>
  )
}
