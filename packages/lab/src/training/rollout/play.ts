import { type Policy, runLoop } from 'fusesearch/agent'
import { systemClock } from 'fusesearch/core'
import { createEmbeddedPolicy, type EmbeddedPolicy, type EmbeddedRun, type Weights } from 'fusesearch/policies'
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
  /** The run itself: its choices, its rankings and what the answer was taken from. */
  readonly run: EmbeddedRun
  readonly turns: number
  readonly breadth: readonly number[]
  readonly calls: number
  readonly redundantCalls: number
  readonly bytesShown: number
  /** Whether the first file of the ranking is right, and the policy's own chance that it is. */
  readonly isFirstRight: boolean
  readonly confidence: number
}

/** Plays one trajectory over a sample; the same seed and weights give the same one. */
export async function playRollout(world: World, settings: RolloutSettings, seed: number): Promise<Rollout> {
  const { weights, temperature } = settings
  const watched = watch(createEmbeddedPolicy({ weights, temperature, memo: world.memo }), world)
  const { answer, stats } = await runLoop({
    issue: world.instance.issue,
    policy: watched.policy,
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
  return { ...outcome, ...facts, run: watched.run() }
}

/** The policy, whose run can be looked at, and whose queues the world expects. */
function watch(policy: EmbeddedPolicy, world: World): { readonly policy: Policy; run(): EmbeddedRun } {
  let run: EmbeddedRun | undefined
  return {
    policy: {
      ...policy,
      start(settings) {
        const started = policy.start(settings)
        run = started
        return {
          async next(state, signal) {
            const decision = await started.next(state, signal)
            world.expect(started.queue)
            return decision
          },
          answerNow: (state) => started.answerNow(state),
        }
      },
    },
    run() {
      if (run === undefined) throw new Error('the loop started no run')
      return run
    },
  }
}
