import type { Clock } from 'fusesearch/core'
import type { GroupResult, GroupRunner, GroupTask } from '../rollout/play.ts'

/** Several runners that share a list of groups. */
export interface Fleet {
  /** Plays all groups; results are in the order of the tasks. `onDone` is called after each group. */
  play(tasks: readonly GroupTask[], onDone?: (done: number) => void): Promise<readonly GroupResult[]>
  /** Rollouts played so far, the seconds that they took, and the calls that ran on a tree. */
  readonly played: { rollouts: number; seconds: number; missed: number }
  /** Samples that failed, each with the reason. */
  readonly skipped: ReadonlyMap<number, { readonly code: string; readonly message: string }>
}

/** A sample always goes to the same runner, which keeps its observations. `earlier`: the work before a stop. */
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

/** The rollouts of all groups that were played. */
export function rolloutsOf(results: readonly GroupResult[]): Extract<GroupResult, { ok: true }>['rollouts'] {
  return results.flatMap((result) => (result.ok ? result.rollouts : []))
}
