/**
 * training: what policies learn from, and how. Samples come from datasets and from git histories, never from a
 * repository that an evaluation set holds.
 */

export { ABLATION_ROWS, type AblationRow } from './ablation/rows.ts'
export { type AblationRequest, type AblationResult, runAblation } from './ablation/run.ts'
export { renderAblation } from './ablation/table.ts'
export { writeAblation } from './ablation/write.ts'
export { type Adaptation, type AdaptRequest, runAdaptation } from './adapt/run.ts'
export { type AdaptationSplit, MIN_TEST_TEXTS, splitByTime } from './adapt/split.ts'
export type { SampleSide, TrainingFacts, TrainingSummary } from './report/summary.ts'
export { writeTraining } from './report/write.ts'
export { createGroupRunner, type GroupRunner } from './rollout/group.ts'
export { DEFAULT_REWARD, type Outcome, type RewardSettings, rewardOf } from './rollout/reward.ts'
export { serveGroups } from './rollout/worker.ts'
export { createWorkerGroupRunner } from './rollout/worker-runner.ts'
export { FILTERS, type FilterName, MAX_FILES, MIN_TEXT_CHARACTERS } from './samples/filters.ts'
export { type ImportInput, type ImportRequest, importSamples } from './samples/import.ts'
export { MANIFEST_VERSION, type Manifest, type ManifestFile, manifestFile } from './samples/manifest.ts'
export { MAX_COMMITS, type MinedHistory, type MineRequest, mineSamples } from './samples/mine.ts'
export { type Exclusions, filterRepository, refuseEvaluation, refuseEvaluationHistory } from './samples/refuse.ts'
export { type Sample, type SampleKind, sampleLine } from './samples/sample.ts'
export { chooseValidation, type SplitRequest } from './samples/split.ts'
export { spreadOverRepositories } from './samples/spread.ts'
export { type Counts, Tally } from './samples/tally.ts'
export {
  exportSft,
  SFT_DROPS,
  type SftData,
  type SftDrop,
  type SftRequest,
  type SftStatistics,
} from './sft-data/export.ts'
export { SFT_FORMATS, type SftFormat, toolEntry } from './sft-data/lines.ts'
export { readScored, type ScoredTrajectory } from './sft-data/read.ts'
export type { Checkpoint, HistoryEntry } from './train/checkpoint.ts'
export type { Metrics } from './train/metrics.ts'
export { runTraining, type TrainResult } from './train/run.ts'
export { DEFAULT_SETTINGS, type TrainSettings } from './train/settings.ts'
export type { TrainProgress, TrainRequest } from './train/training.ts'
export type { HeldOutScore } from './train/validate.ts'
export { writeWhole } from './write-whole.ts'
