import { type Policy, runLoop } from 'fusesearch/agent'
import { FuseSearchError, Lru, systemClock } from 'fusesearch/core'
import {
  createEmbeddedPolicy,
  type EmbeddedPolicy,
  type EmbeddedRun,
  HAND_WEIGHTS,
  type Weights,
} from 'fusesearch/policies'
import type { ToolName } from 'fusesearch/search'
import type { Instance } from '../../datasets/index.ts'
import { digestInstances, type Preparer, predictionOf } from '../../evaluation/index.ts'
import { createWorker, type JobRunner, KeptWorkspaces, WorkerDied, type WorkerOptions } from '../../host/index.ts'
import { type PackedChoice, packChoice } from '../learn/choice-loss.ts'
import { type LengthSample, lengthSamples } from '../learn/length-loss.ts'
import { type RankingSample, rankingSamples } from '../learn/ranking-loss.ts'
import { type Outcome, type RewardSettings, rewardOf } from './reward.ts'
import { openWorld, type World } from './world.ts'

/** How rollouts are played. */
export interface RolloutSettings {
  readonly weights: Weights
  /** At 0 each choice takes its best option; above 0 options are drawn by their probabilities. */
  readonly temperature: number
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly tools: readonly ToolName[]
  readonly reward: RewardSettings
}

/** One trajectory, with the data that training needs. */
export interface Rollout extends Outcome {
  /** The run itself: its choices, its rankings and the alternatives of its answer. */
  readonly run: EmbeddedRun
  readonly turns: number
  readonly breadth: readonly number[]
  readonly calls: number
  readonly redundantCalls: number
  readonly bytesShown: number
  /** Whether the first file of the ranking is right; `confidence` is the probability that the policy stated for it. */
  readonly isFirstRight: boolean
  readonly confidence: number
}

/** Plays one trajectory on a sample. The same seed and weights give the same trajectory. */
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

/** The policy, whose run can be inspected, and whose queues give the calls that may come next. */
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

/** Names of the features, in the order of the weights. */
export const FEATURE_NAMES = {
  files: Object.keys(HAND_WEIGHTS.file),
  functions: Object.keys(HAND_WEIGHTS.function),
}

/** Rollouts on one sample, one for each seed. */
export interface GroupTask {
  /** Index of the sample. */
  readonly sample: number
  /** The sample itself, for a runner that has no list of them. */
  readonly instance?: Instance
  readonly seeds: readonly number[]
  readonly settings: RolloutSettings
  /** The data that learning needs from the rollouts, besides their metrics. */
  readonly wants?: 'choices' | 'rankings' | undefined
}

/** A rollout as plain data, which can be sent between processes. */
export interface PackedRollout extends Omit<Rollout, 'run'> {
  readonly choices: readonly PackedChoice[]
  readonly rankings: { readonly files: RankingSample; readonly functions: RankingSample } | undefined
  readonly chains: { readonly files: LengthSample; readonly functions: LengthSample } | undefined
}

/** The rollouts of a group, or the reason why its sample failed. `missed`: calls that ran on the tree. */
export type GroupResult =
  | { readonly ok: true; readonly sample: number; readonly rollouts: readonly PackedRollout[]; readonly missed: number }
  | { readonly ok: false; readonly sample: number; readonly error: { readonly code: string; readonly message: string } }

/** Plays groups one at a time. It rejects when aborted and when the disk is full; a sample that fails is a result. */
export type GroupRunner = JobRunner<GroupTask, never, GroupResult>

/** Inputs of a runner. */
interface RunnerOptions {
  readonly instances: readonly Instance[]
  readonly preparer: Preparer
  /** Folder for observations. */
  readonly folder: string
  readonly signal: AbortSignal
}

/** Approximate memory for open samples; the least recently used are closed first. */
const MAX_HELD_BYTES = 1_200_000_000

/** Plays groups in this process. Samples stay open as long as memory allows. It starts ripgrep's shells at once. */
export function createGroupRunner(options: RunnerOptions): GroupRunner {
  const workspaces = new KeptWorkspaces()
  const worlds = new Lru<string, World>({ maxWeight: MAX_HELD_BYTES, weigh: (world) => world.bytes() })
  return {
    async run(task) {
      options.signal.throwIfAborted()
      try {
        const instance = sampleAt(options, task)
        const key = digestInstances([instance])
        const world = worlds.get(key) ?? (await openWorld(instance, { ...options, workspaces }))
        const before = world.missed()
        const rollouts = await playGroup(world, task)
        await world.save()
        // Set after playing, because playing adds to its weight.
        worlds.set(key, world)
        return { ok: true, sample: task.sample, rollouts, missed: world.missed() - before }
      } catch (error) {
        if (!(error instanceof FuseSearchError) || error.code === 'write-failed') throw error
        return { ok: false, sample: task.sample, error: { code: error.code, message: error.message } }
      }
    },
    async close() {
      worlds.clear()
      await workspaces.close()
      await options.preparer.close()
    },
  }
}

/** Limit of a worker's heap in MB: it keeps the observations of many samples. */
const HEAP_MB = 3_000

/** Plays groups in a worker process, which runs a local runner's tasks. Throws `bad-run` when the process dies. */
export function createWorkerGroupRunner(options: WorkerOptions): GroupRunner {
  const worker = createWorker<GroupTask, never, GroupResult>({ ...options, heapMb: HEAP_MB })
  return {
    run: async (task) => {
      try {
        return await worker.run(task)
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error
        const message = `A rollout process ended ${error.message}, perhaps because it ran out of memory. Resume with fewer --jobs.`
        throw new FuseSearchError(message, { code: 'bad-run' })
      }
    },
    close: () => worker.close(),
  }
}

function sampleAt({ instances }: RunnerOptions, { sample, instance: given }: GroupTask): Instance {
  const instance = given ?? instances[sample]
  if (instance === undefined) throw new Error(`there is no sample ${sample}`)
  return instance
}

async function playGroup(world: World, task: GroupTask): Promise<PackedRollout[]> {
  const rollouts: PackedRollout[] = []
  for (const seed of task.seeds) {
    const { run, ...rest } = await playRollout(world, task.settings, seed)
    const wantsRankings = task.wants === 'rankings'
    rollouts.push({
      ...rest,
      choices: task.wants === 'choices' ? run.choices.map(packChoice) : [],
      rankings: wantsRankings ? rankingSamples(run.search, { gold: world.gold, names: FEATURE_NAMES }) : undefined,
      chains: wantsRankings && run.chains ? lengthSamples(run.chains, world.gold) : undefined,
    })
  }
  return rollouts
}
