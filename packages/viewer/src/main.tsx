/**
 * viewer: the page that shows searches. It gets its data as JSON in the page, or from the server that it came from, and
 * draws it with text nodes only. It imports nothing of the product but types.
 */
import type { PageData } from 'fusesearch/view'
import { render } from 'preact'
import { LivePage } from './live/live-page.tsx'
import { RunsPage } from './runs-page.tsx'

const element = document.getElementById('data')
const root = document.getElementById('app')
if (element !== null && root !== null) {
  // The product wrote it: it is this page's own format.
  const data = JSON.parse(element.textContent ?? '') as PageData
  render(data.kind === 'live' ? <LivePage /> : <RunsPage {...data} />, root)
  root.dataset.drawn = 'true'
}
