/**
 * report: the parts of reports. Blocks become Markdown, rows become columns of a terminal. It knows nothing about runs
 * or trainings. Pages are in the product's room `view`.
 */
export {
  type Block,
  type Cell,
  facts,
  heading,
  paragraphs,
  renderMarkdown,
  table,
} from './blocks.ts'
export {
  barOf,
  clockTime,
  createStatusLine,
  percentOf,
  renderColumns,
  type StatusLine,
  type StatusStream,
} from './terminal.ts'
