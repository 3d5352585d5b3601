/**
 * evaluation: the definition of a correct answer, scores, metrics, resumable runs, comparisons, reports and the BM25
 * baselines. It knows no policy by name: policies and rankers are arguments.
 */
export { type Bm25Corpus, createBm25 } from './bm25.ts'
export { type Comparison, compareRuns, openSide, type RunSide } from './compare/compare.ts'
export { comparisonPage } from './compare/page.ts'
export { type IssueKind, issueKinds } from './metrics/issue-kind.ts'
export { type Estimate, estimateMean } from './metrics/statistics.ts'
export { summarizePolicies } from './metrics/summary.ts'
export {
  type Predictions,
  type PredictionsScore,
  parsePredictions,
  refuseUnknown,
  type ScoredInstance,
  scorePredictions,
} from './predictions.ts'
export { ANSWERERS, evaluateQuestions, type QuestionReport } from './questions/evaluate.ts'
export { renderTerminalFigure, type Series, seriesOf } from './report/figure.ts'
export { writeReport } from './report/report.ts'
export type { RunSummary } from './report/run-summary.ts'
export { renderComparisonText, renderRunText, renderScoreText } from './report/text.ts'
export type { Row } from './row.ts'
export {
  type Contestant,
  type ContestantName,
  type ContestantResult,
  type ContestantTask,
  createPolicyContestant,
  parseContestantName,
  predictionOfResult,
} from './run/contestant.ts'
export {
  digestInstances,
  type EvaluateOptions,
  evaluate,
  type FinishedRun,
  type Selection,
  selectInstances,
} from './run/evaluate.ts'
export { RUN_VERSION, type RunHeader, type RunIdentity, type RunSetup } from './run/folder.ts'
export type { InstanceTask, RunContext } from './run/instance.ts'
export {
  type CollectedGold,
  collectGold,
  createPreparer,
  type Preparer,
  type RepositoriesOptions,
  rowGold,
} from './run/prepare.ts'
export { createQueueRunner, isPassing, type QueuedRow, readQueuedTask } from './run/queue-runner.ts'
export { createLocalRunner, createWorkerRunner, type InstanceRunner } from './run/runner.ts'
export { createSampleContestant, parseSampleName, type SampleLine, sampleLines, sampleName } from './samples.ts'
export {
  EMPTY_PREDICTION,
  type FunctionId,
  type GoldSets,
  type LevelScore,
  type Prediction,
  predictionOf,
  type Score,
  type SetScore,
  scoreAnswer,
  scorePrediction,
} from './score.ts'
