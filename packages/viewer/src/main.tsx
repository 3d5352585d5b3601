/**
 * viewer: the page that shows searches, evaluations and trainings. It gets its data as JSON in the page, or from the
 * server that it came from, and draws it with text nodes only. It imports nothing of the product but types and core.
 * This is the script of searches; `report.tsx` is that of reports.
 */
import { draw } from './draw.ts'
import { LivePage } from './live/live-page.tsx'
import { RunsPage } from './runs-page.tsx'

draw((data) => {
  if (data.kind === 'runs') return <RunsPage {...data} />
  return data.kind === 'live' ? <LivePage /> : null
})
