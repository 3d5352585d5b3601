import { type GoldSets, type Prediction, scorePrediction } from '../../evaluation/index.ts'

/** Settings of the reward R = alpha·F1 + gamma·F1·e (paper §3.3, which doesn't give values). */
export interface RewardSettings {
  readonly alpha: number
  readonly gamma: number
  /** Adds `delta·e`, whatever the answer: the paper's ablation "F1 + e". */
  readonly delta: number
  /** Share of file F1 in F1; function F1 has the rest. Without function gold, F1 is file F1. */
  readonly fileShare: number
}

export const DEFAULT_REWARD: RewardSettings = { alpha: 1, gamma: 1, delta: 0, fileShare: 0.5 }

/** The reward of a trajectory and its parts; the parts are in [0, 1]. */
export interface Outcome {
  readonly reward: number
  readonly f1: number
  readonly fileF1: number
  /** Null without function gold. */
  readonly functionF1: number | null
  /** e; null without a call, which the reward counts as 0. */
  readonly efficiency: number | null
}

/** The reward of a trajectory, from the evaluation's score of its answer and from its efficiency. */
export function rewardOf(
  prediction: Prediction,
  efficiency: number | null,
  { gold, settings }: { readonly gold: GoldSets; readonly settings: RewardSettings },
): Outcome {
  const score = scorePrediction(prediction, gold)
  const fileF1 = score.file?.f1 ?? 0
  const functionF1 = score.function?.f1 ?? null
  const { alpha, gamma, delta, fileShare } = settings
  const f1 = combineF1({ fileF1, functionF1 }, fileShare)
  const e = efficiency ?? 0
  return { reward: alpha * f1 + gamma * f1 * e + delta * e, f1, fileF1, functionF1, efficiency }
}

/** F1 of both levels: their weighted sum, or file F1 if there is no function gold. */
export function combineF1(
  { fileF1, functionF1 }: { readonly fileF1: number; readonly functionF1: number | null },
  fileShare: number,
): number {
  return functionF1 === null ? fileF1 : fileShare * fileF1 + (1 - fileShare) * functionF1
}
