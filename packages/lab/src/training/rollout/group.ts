import { FuseSearchError } from 'fusesearch/core'
import { HAND_WEIGHTS } from 'fusesearch/policies'
import { createLauncher, type Launcher } from 'fusesearch/search'
import type { Instance } from '../../datasets/index.ts'
import type { Preparer } from '../../evaluation/index.ts'
import { type LengthSample, lengthSamples } from '../learn/answer-length.ts'
import { type PackedPick, packPick } from '../learn/packed.ts'
import { type RankingSample, rankingSamples } from '../learn/ranking.ts'
import { playRollout, type Rollout, type RolloutSettings } from './play.ts'
import { openWorld, type World } from './world.ts'

/** Names of the features behind the weights, in the order in which training holds them. */
export const FEATURE_NAMES = {
  files: Object.keys(HAND_WEIGHTS.file),
  functions: Object.keys(HAND_WEIGHTS.function),
}

/** Rollouts over one sample, one for each seed. */
export interface GroupTask {
  /** Index of the sample. */
  readonly sample: number
  readonly seeds: readonly number[]
  readonly settings: RolloutSettings
  readonly wantsPicks: boolean
  readonly wantsRankings: boolean
}

/** A rollout as plain data, fit to be sent between processes. */
export interface PackedRollout extends Omit<Rollout, 'run'> {
  readonly picks: readonly PackedPick[]
  readonly rankings: { readonly files: RankingSample; readonly functions: RankingSample } | undefined
  readonly chains: { readonly files: LengthSample; readonly functions: LengthSample } | undefined
}

/** What became of a group: its rollouts, or why its sample can't be had. */
export type GroupResult =
  | { readonly ok: true; readonly sample: number; readonly rollouts: readonly PackedRollout[]; readonly missed: number }
  | { readonly ok: false; readonly sample: number; readonly error: { readonly code: string; readonly message: string } }

/** Plays groups one at a time. */
export interface GroupRunner {
  /** Rejects when `signal` aborts and when the disk takes no more; a sample that can't be had is a result. */
  run(task: GroupTask): Promise<GroupResult>
  close(): Promise<void>
}

/** What a runner works with. */
export interface RunnerOptions {
  readonly instances: readonly Instance[]
  readonly preparer: Preparer
  /** Folder for observations. */
  readonly folder: string
  readonly signal: AbortSignal
}

/** What a runner holds of samples in memory, about; those used longest ago go first. */
const MAX_HELD_BYTES = 1_200_000_000
/** Trees that stay open, each with its list of files and some 2 MB of commit messages. */
const MAX_OPEN_TREES = 32

/** Plays groups in this process; samples stay open, as far as memory allows. Shells for ripgrep are started now. */
export function createGroupRunner(options: RunnerOptions): GroupRunner {
  const launcher = createLauncher()
  const worlds = new Map<number, World>()
  return {
    async run(task) {
      options.signal.throwIfAborted()
      try {
        const world = await worldOf(worlds, task.sample, { ...options, launcher })
        const before = world.missed()
        const rollouts = await playGroup(world, task)
        await world.save()
        await forgetSome(worlds)
        return { ok: true, sample: task.sample, rollouts, missed: world.missed() - before }
      } catch (error) {
        if (!(error instanceof FuseSearchError) || error.code === 'write-failed') throw error
        return { ok: false, sample: task.sample, error: { code: error.code, message: error.message } }
      }
    },
    async close() {
      for (const world of worlds.values()) await world.rest()
      worlds.clear()
      await launcher.close()
      await options.preparer.close()
    },
  }
}

interface Launching extends RunnerOptions {
  readonly launcher: Launcher
}

async function worldOf(worlds: Map<number, World>, sample: number, options: Launching): Promise<World> {
  const instance = options.instances[sample]
  if (instance === undefined) throw new Error(`there is no sample ${sample}`)
  const world = worlds.get(sample) ?? (await openWorld(instance, options))
  worlds.delete(sample)
  worlds.set(sample, world)
  return world
}

async function playGroup(world: World, task: GroupTask): Promise<PackedRollout[]> {
  const rollouts: PackedRollout[] = []
  for (const seed of task.seeds) {
    const rollout = await playRollout(world, task.settings, seed)
    const { run, ...rest } = rollout
    rollouts.push({
      ...rest,
      picks: task.wantsPicks ? run.choices.map(packPick) : [],
      rankings: task.wantsRankings ? rankingSamples(run.search, { gold: world.gold, names: FEATURE_NAMES }) : undefined,
      chains: task.wantsRankings && run.chains ? lengthSamples(run.chains, world.gold) : undefined,
    })
  }
  return rollouts
}

/** Closes the trees used longest ago, and of what they showed as much as is too much. */
async function forgetSome(worlds: Map<number, World>): Promise<void> {
  let held = 0
  for (const world of worlds.values()) held += world.bytes()
  let left = worlds.size
  for (const [sample, world] of worlds) {
    const isTooMuch = held > MAX_HELD_BYTES
    if (isTooMuch || left > MAX_OPEN_TREES) await world.rest()
    if (isTooMuch) {
      held -= world.bytes()
      worlds.delete(sample)
    }
    left -= 1
  }
}
