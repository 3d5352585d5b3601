/**
 * evaluation: what is correct, how good a run was, and the run itself: scores, metrics, resumable runs, comparisons,
 * reports and the BM25 baselines. It knows no policy by name: policies and rankers are arguments.
 */
export { type Bm25Corpus, createBm25 } from './baselines/bm25-contestant.ts'
export { type Comparison, compareRuns } from './compare/compare.ts'
export { openSide, type RunSide } from './compare/side.ts'
export { type Estimate, estimateMean } from './metrics/bootstrap.ts'
export { type IssueKind, issueKinds } from './metrics/issue-kind.ts'
export { summarizePolicies } from './metrics/summary.ts'
export { type Predictions, parsePredictions } from './predictions/parse.ts'
export { type PredictionsScore, refuseUnknown, type ScoredInstance, scorePredictions } from './predictions/score.ts'
export type { Block, Cell } from './report/blocks.ts'
export { renderFigure, turnAxis } from './report/figure.ts'
export { renderHtml } from './report/html.ts'
export { renderMarkdown } from './report/markdown.ts'
export { type Axis, niceMax, type Panel, type Point, plainAxis, renderPanels } from './report/panels.ts'
export type { RunSummary } from './report/run-summary.ts'
export { type Series, seriesOf } from './report/series.ts'
export { renderTerminalFigure } from './report/terminal.ts'
export { renderComparisonText, renderRunText, renderScoreText } from './report/text.ts'
export { writeReport } from './report/write.ts'
export { createSample, parseSampleName, sampleName } from './rollout/sample.ts'
export { type SampleLine, sampleLines } from './rollout/samples.ts'
export { type ContestantName, parseContestantName } from './run/budget.ts'
export { type CollectedGold, collectGold } from './run/collect-gold.ts'
export type { Contestant, ContestantResult, ContestantTask } from './run/contestant.ts'
export { type EvaluateOptions, evaluate, type FinishedRun } from './run/evaluate.ts'
export { createGoldCache, type GoldCache } from './run/gold-cache.ts'
export { RUN_VERSION, type RunHeader, type RunIdentity, type RunSetup } from './run/header.ts'
export type { Bench } from './run/instance.ts'
export { createPolicyContestant, predictionOfResult } from './run/policy-contestant.ts'
export { createPreparer, type Preparer, type RepositoriesOptions, rowGold } from './run/prepare.ts'
export { type Progress, renderProgress } from './run/progress.ts'
export { createLocalRunner, type InstanceRunner } from './run/runner.ts'
export { digestInstances, type Selection, selectInstances } from './run/select.ts'
export { serveInstances } from './run/worker.ts'
export { createWorkerRunner } from './run/worker-runner.ts'
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
