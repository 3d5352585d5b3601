import type { FinishedRun } from '../run/evaluate.ts'
import { buildReport } from './blocks.ts'
import { renderFigure } from './figure.ts'
import { renderHtml } from './html.ts'
import { renderMarkdown } from './markdown.ts'
import { type RunSummary, summarizeRun } from './run-summary.ts'
import { seriesOf } from './series.ts'

/** Writes `summary.json`, `figure.svg`, `report.md` and `report.html` into the run's folder. */
export function writeReport(run: FinishedRun): RunSummary {
  const summary = summarizeRun(run)
  const blocks = buildReport(summary)
  const figure = renderFigure(seriesOf(summary.policies))
  run.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
  run.write('figure.svg', figure)
  run.write('report.md', renderMarkdown(blocks, 'figure.svg'))
  run.write('report.html', renderHtml(`Evaluation on ${summary.setup.datasetName}`, blocks, figure))
  return summary
}
