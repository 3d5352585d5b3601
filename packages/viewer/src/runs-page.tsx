import type { RunsData, ShownRun } from 'fusesearch/view'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { firstPlace } from './answer.tsx'
import { editorLinks, type Place } from './context.ts'
import { plural } from './format.ts'
import { Runs } from './runs.tsx'
import { shownText } from './shown-text.ts'

/** The panel is beside the runs; on a narrow page it covers them, so it opens only on demand. */
const WITH_ROOM = '(min-width: 1240px)'

/** The page of recorded runs. */
export function RunsPage({ runs, gold, editor, root }: RunsData) {
  const [selected, select] = useState<Place | null>(() => (matchMedia(WITH_ROOM).matches ? firstPlace(runs) : null))
  const editorLink = useMemo(() => editorLinks(editor, root), [editor, root])
  const title = titleOf(runs)
  useEffect(() => {
    document.title = `${title} · FuseSearch`
  }, [title])
  return (
    <>
      <header class="top">
        <h1>{title}</h1>
        <p class="muted">
          {runs.length > 1 ? `${plural(runs.length, 'search')} side by side · ` : ''}
          FuseSearch {shownText(runs[0]?.header.tool.version ?? '')}
        </p>
      </header>
      <main>
        <Runs view={{ runs, gold, selected, select, editorLink }} />
      </main>
    </>
  )
}

/** The repository, and the beginning of the issue. */
function titleOf([first]: readonly ShownRun[]): string {
  const { name = 'A search', commit } = first?.header.repository ?? {}
  return shownText(commit === undefined ? name : `${name} at ${commit.slice(0, 12)}`)
}
