import type { Contestant } from '../run/contestant.ts'

/** The name of a policy's sample in rows and folders: `llm#3` is the fourth. */
export function sampleName(policy: string, sample: number): string {
  return `${policy}#${sample}`
}

/** A contestant's name taken apart; `sample` is null for one that is no sample. */
export function parseSampleName(name: string): { readonly policy: string; readonly sample: number | null } {
  const [, policy = name, sample] = /^(.*)#(\d+)$/.exec(name) ?? []
  return { policy, sample: sample === undefined ? null : Number(sample) }
}

/** A contestant as one sample of a rollout: the sample's number is added to the run's seed. */
export function createSample(contestant: Contestant): Contestant {
  const sample = parseSampleName(contestant.name).sample ?? 0
  return { name: contestant.name, run: (task) => contestant.run({ ...task, seed: task.seed + sample }) }
}
