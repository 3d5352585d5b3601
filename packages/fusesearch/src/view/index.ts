/**
 * view: the data of the page that shows searches, and the page itself as one HTML text. The page's own code is the
 * package `viewer`, which imports only types from here; its build is in `dist/page`.
 */
export { type PageData, pageHtml, policyHeader } from './page.ts'
export {
  type CallsInFlight,
  createTurnDescriber,
  describeInFlight,
  describeRun,
  type LiveLine,
  type RunsData,
  type ShownCall,
  type ShownEntity,
  type ShownGold,
  type ShownRun,
  type ShownTurn,
} from './page-data.ts'
export type {
  EvaluationData,
  InstanceDetail,
  ShownDifference,
  ShownEstimate,
  ShownGain,
  ShownGroup,
  ShownInstance,
  ShownLevel,
  ShownMetrics,
  ShownOutcome,
  ShownPair,
  ShownPolicy,
  ShownPublished,
  ShownStep,
  ShownSubset,
  ShownSummary,
  TrainingData,
} from './report-data.ts'
export { namesInPattern } from './terms.ts'
