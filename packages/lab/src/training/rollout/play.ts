import { runLoop } from 'fusesearch/agent'
import { systemClock } from 'fusesearch/core'
import { type AnswerChains, createEmbeddedPolicy, type Pick, type Rankings, type Weights } from 'fusesearch/policies'
import type { ToolName } from 'fusesearch/search'
import { predictionOf } from '../../evaluation/index.ts'
import { type Outcome, type RewardSettings, rewardOf } from './reward.ts'
import type { World } from './world.ts'

/** How a rollout is made. */
export interface RolloutSettings {
  readonly weights: Weights
  /** 0 takes the best of each decision; above it decisions are drawn. */
  readonly temperature: number
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly tools: readonly ToolName[]
  readonly reward: RewardSettings
}

/** One trajectory, as training sees it. */
export interface Rollout extends Outcome {
  readonly picks: readonly Pick[]
  readonly turns: number
  readonly breadth: readonly number[]
  readonly calls: number
  readonly redundantCalls: number
  readonly bytesShown: number
  /** The rankings behind the answer, where they were asked for. */
  readonly rankings: Rankings | undefined
  /** What the answer was taken from, likewise. */
  readonly chains: AnswerChains | undefined
  /** Whether the first file of the ranking is right, and the policy's own chance that it is. */
  readonly isFirstRight: boolean
  readonly confidence: number
}

/** Plays one trajectory over a sample; the same seed and weights give the same one. */
export async function playRollout(
  world: World,
  settings: RolloutSettings,
  { seed, wantsRankings }: { readonly seed: number; readonly wantsRankings?: boolean },
): Promise<Rollout> {
  const picks: Pick[] = []
  let rankings: Rankings | undefined
  let chains: AnswerChains | undefined
  const policy = createEmbeddedPolicy({
    weights: settings.weights,
    training: {
      temperature: settings.temperature,
      memo: world.memo,
      onPick: (pick) => picks.push(pick),
      onQueue: (calls) => world.expect(calls),
      ...(wantsRankings === true ? { onAnswer: (...told) => void ([rankings, chains] = told) } : {}),
    },
  })
  const { answer, stats } = await runLoop({
    issue: world.instance.issue,
    policy,
    seed,
    budget: { maxTurns: settings.maxTurns, maxBreadth: settings.maxBreadth },
    tools: settings.tools,
    runCalls: world.runCalls,
    clock: systemClock,
  })
  const { gold } = world
  const outcome = rewardOf(predictionOf(answer), stats.efficiency, { gold, settings: settings.reward })
  const { turns, breadth, calls, redundantCalls, bytesShown } = stats
  const isFirstRight = gold.files.includes(answer.candidates.files[0]?.path ?? '')
  const facts = { turns, breadth, calls, redundantCalls, bytesShown, isFirstRight, confidence: answer.confidence }
  return { ...outcome, ...facts, picks, rankings, chains }
}
