/**
 * report: what reports are made of. Blocks become Markdown or an HTML page, panels become an SVG, rows become columns of a
 * terminal. It knows nothing of runs or trainings.
 */
export {
  type Block,
  type Cell,
  type Figure,
  facts,
  heading,
  paragraphs,
  renderHtml,
  renderMarkdown,
  table,
} from './blocks.ts'
export { type Axis, niceMax, type Panel, type Point, plainAxis, renderPanels, turnAxis } from './panels.ts'
export {
  barOf,
  clockTime,
  createStatusLine,
  percentOf,
  renderColumns,
  type StatusLine,
  type StatusStream,
} from './terminal.ts'
