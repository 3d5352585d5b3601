/**
 * evaluation: what is correct, how good a run was, and the run itself — scores, metrics, resumable runs, comparisons,
 * reports and the BM25 baselines. It knows no policy by name: policies and rankers are arguments.
 */

export { type Estimate, estimateMean } from './metrics/bootstrap.ts'
export { type IssueKind, issueKinds } from './metrics/issue-kind.ts'
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
