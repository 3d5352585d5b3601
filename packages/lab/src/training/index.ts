/**
 * training: samples to learn from, and the training of the embedded policy. Samples come from datasets and from git
 * histories, never from the repository of an evaluation set.
 */

export {
  ABLATION_ROWS,
  type AblationRequest,
  type AblationResult,
  type AblationRow,
  runAblation,
} from './ablation/run.ts'
export { renderAblation, writeAblation } from './ablation/table.ts'
export type { DoubtRow } from './encoder/fit-encoder.ts'
export { type EncoderTrained, type HeldOutGain, trainEncoder } from './encoder/train-encoder.ts'
export { type Summary, type TuneProgress, type TuneResult, tuneEncoder } from './encoder/tune.ts'
export { createProgressPage, writeTraining } from './report/page.ts'
export type { SampleSide, TrainingFacts, TrainingSummary } from './report/summary.ts'
export { createGroupRunner, createWorkerGroupRunner, type GroupRunner, type GroupTask } from './rollout/play.ts'
export { createQueueGroupRunner } from './rollout/queue-runner.ts'
export { DEFAULT_REWARD, type Outcome, type RewardSettings, rewardOf } from './rollout/reward.ts'
export { FILTERS, type FilterName, MAX_FILES, MIN_TEXT_CHARACTERS } from './samples/filters.ts'
export { type ImportInput, type ImportRequest, importSamples } from './samples/import.ts'
export { MAX_COMMITS, type MinedHistory, type MineRequest, mineSamples } from './samples/mine.ts'
export {
  chooseValidation,
  type Exclusions,
  filterRepository,
  refuseEvaluation,
  refuseEvaluationHistory,
  type SplitRequest,
  spreadOverRepositories,
} from './samples/repositories.ts'
export { type Counts, type Sample, type SampleKind, sampleLine, Tally } from './samples/sample.ts'
export {
  exportSft,
  readScored,
  type ScoredTrajectory,
  SFT_DROPS,
  type SftData,
  type SftDrop,
  type SftRequest,
  type SftStatistics,
} from './sft-data/export.ts'
export { SFT_FORMATS, type SftFormat, toolEntry } from './sft-data/lines.ts'
export type { Checkpoint, HistoryEntry } from './train/checkpoint.ts'
export type { Metrics } from './train/metrics.ts'
export { runTraining, type TrainResult } from './train/run.ts'
export { DEFAULT_SETTINGS, type TrainSettings } from './train/settings.ts'
export type { HeldOutScore, TrainProgress, TrainRequest } from './train/training.ts'
