/**
 * The lab's part of the command line: `fusesearch eval`, `train` and the other commands of a researcher.
 * The product loads each command of this table when it is called.
 */
import type { CommandModule, LabJobs } from 'fusesearch/cli'

export const LAB_COMMANDS: Readonly<Record<string, () => Promise<CommandModule>>> = {
  eval: () => import('./eval/command.ts'),
  'eval-ask': () => import('./eval-ask/command.ts'),
  rollout: () => import('./rollout/command.ts'),
  compare: () => import('./compare/command.ts'),
  score: () => import('./score/command.ts'),
  gold: () => import('./gold/command.ts'),
  data: () => import('./data/command.ts'),
  train: () => import('./train/command.ts'),
  ablate: () => import('./ablate/command.ts'),
  env: () => import('./env/command.ts'),
  // A sub-command of the product's `encoder`.
  'encoder-train': () => import('./encoder-train/command.ts'),
}

/** The lab's jobs, for `fusesearch worker`. */
export async function loadJobs(): Promise<LabJobs> {
  const { LAB_JOBS } = await import('./worker-jobs.ts')
  return LAB_JOBS
}
