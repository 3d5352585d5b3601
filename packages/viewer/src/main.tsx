/**
 * viewer: the page that shows searches, evaluations and trainings. It gets its data as JSON in the page, or from its
 * own server, and draws it with text nodes only. From the product it imports only types and core.
 * This is the script for searches; `report.tsx` is the one for reports.
 */
import { draw } from './draw.ts'
import { LivePage } from './live/live-page.tsx'
import { RunsPage } from './runs-page.tsx'

draw((data) => {
  if (data.kind === 'runs') return <RunsPage {...data} />
  return data.kind === 'live' ? <LivePage /> : null
})
