import { type Clock, createRng, FuseSearchError, shuffled } from 'fusesearch/core'
import type { Weights } from 'fusesearch/policies'
import { PAPER_TOOLS } from 'fusesearch/search'
import type { GroupResult, GroupRunner, GroupTask } from '../rollout/play.ts'
import type { Checkpoint, HistoryEntry } from './checkpoint.ts'
import type { Metrics } from './metrics.ts'
import type { TrainSettings } from './settings.ts'

/** What a training run is given. Samples are indices into what the runners hold. */
export interface TrainRequest {
  readonly settings: TrainSettings
  /** The weights to begin with; the hand-set ones when left out. */
  readonly start?: Weights
  readonly training: readonly number[]
  /** Held out, of other repositories; what is chosen is chosen on these. */
  readonly validation: readonly number[]
  /** The weights in the end: the best on the held-out samples (when left out), or those of the last step. */
  readonly keeps?: 'best' | 'last'
  /** What phase 1 of these settings gave to another training of these samples; the phase is then left out. */
  readonly taught?: Weights | undefined
  /** Names the samples, so that a checkpoint is never used with others. */
  readonly digest: string
  readonly runners: readonly GroupRunner[]
  /** Where the checkpoint lies. */
  readonly folder: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress?: (progress: TrainProgress) => void
}

/** How far a run is. */
export interface TrainProgress {
  readonly phase: HistoryEntry['phase'] | 'validation'
  /** From 1 in phase 2, else 0. */
  readonly iteration: number
  /** Updates of phase 2 at most. */
  readonly iterations: number
  readonly done: number
  readonly total: number
  /** Of this part of the training. */
  readonly rolloutsPerSecond: number
  /** The last one over all held-out samples. */
  readonly validation: Metrics | undefined
}

/** What the phases share. */
export interface Training extends TrainRequest {
  readonly fleet: Fleet
  /** Keeps the state, in memory and on disk. */
  save(checkpoint: Checkpoint): void
  /** Tells how far the phase is. */
  tell(phase: TrainProgress['phase'], iteration: number, total: number): (done: number) => void
}

/** How a list of groups is played. */
interface GroupPlan extends Omit<GroupTask, 'sample' | 'seeds' | 'settings'> {
  readonly weights: Weights
  /** 0 takes the best decisions. */
  readonly temperature: number
  /** Rollouts of each group. */
  readonly size: number
  readonly seed: number
}

/** One group for each sample, with seeds that follow from the plan's; the groups take the tool sets in turns. */
export function groupTasks(
  samples: readonly number[],
  plan: GroupPlan,
  { maxTurns, maxBreadth, toolSets, reward }: TrainSettings,
): GroupTask[] {
  const { weights, temperature, size, seed, ...task } = plan
  const rng = createRng(seed)
  return samples.map((sample, index) => {
    const tools = toolSets[index % toolSets.length] ?? PAPER_TOOLS
    const settings = { weights, temperature, maxTurns, maxBreadth, tools, reward }
    return { ...task, sample, settings, seeds: Array.from({ length: size }, () => rng.integer(2 ** 31)) }
  })
}

/** Some of the samples, drawn without repeats. */
export function drawSamples(samples: readonly number[], count: number, seed: number): number[] {
  return shuffled(samples, createRng(seed)).slice(0, count)
}

/** Several runners that share a list of groups. */
export interface Fleet {
  /** Plays all groups; results in the order of the tasks. `onDone` hears of each as it comes. */
  play(tasks: readonly GroupTask[], onDone?: (done: number) => void): Promise<readonly GroupResult[]>
  /** Rollouts played so far, the seconds that they took, and calls that were run on a tree. */
  readonly played: { rollouts: number; seconds: number; missed: number }
  /** Samples that can't be had, each with its reason. */
  readonly skipped: ReadonlyMap<number, { readonly code: string; readonly message: string }>
}

/** A sample always goes to the same runner, which then has what it showed. `earlier` is what was played before a stop. */
export function createFleet(runners: readonly GroupRunner[], clock: Clock, earlier?: Fleet['played']): Fleet {
  const played = { rollouts: 0, seconds: 0, missed: 0, ...earlier }
  const skipped = new Map<number, { readonly code: string; readonly message: string }>()
  const note = (result: GroupResult): void => {
    if (!result.ok) {
      skipped.set(result.sample, result.error)
      return
    }
    played.rollouts += result.rollouts.length
    played.missed += result.missed
  }
  return {
    played,
    skipped,
    async play(tasks, onDone) {
      const startedMs = clock.nowMs()
      const wanted = tasks.filter(({ sample }) => !skipped.has(sample))
      const results = new Map<GroupTask, GroupResult>()
      await Promise.all(
        runners.map(async (runner, index) => {
          for (const task of wanted.filter(({ sample }) => sample % runners.length === index)) {
            const result = await runner.run(task)
            results.set(task, result)
            note(result)
            onDone?.(results.size)
          }
        }),
      )
      played.seconds += (clock.nowMs() - startedMs) / 1000
      return wanted.flatMap((task) => results.get(task) ?? [])
    },
  }
}

/** Groups of training samples. Throws `bad-run` when not one of them can be had, naming the first reason. */
export async function playSome(
  fleet: Fleet,
  tasks: readonly GroupTask[],
  onDone: (done: number) => void,
): Promise<readonly GroupResult[]> {
  const results = await fleet.play(tasks, onDone)
  if (results.some(({ ok }) => ok)) return results
  const [first] = tasks.flatMap(({ sample }) => fleet.skipped.get(sample) ?? [])
  const why = first === undefined ? 'there are none' : first.message
  throw new FuseSearchError(`No training sample can be had: ${why}`, { code: 'bad-run' })
}

/** The rollouts of all groups that were played. */
export function rolloutsOf(results: readonly GroupResult[]): Extract<GroupResult, { ok: true }>['rollouts'] {
  return results.flatMap((result) => (result.ok ? result.rollouts : []))
}
