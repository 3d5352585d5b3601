import { fileURLToPath } from 'node:url'
import type { Terminal } from 'fusesearch/cli'
import { createWorkerGroupRunner, type GroupRunner } from '../../training/index.ts'
import { makeGroupRunner, type TrainWorkerSettings } from './settings.ts'

/** One job plays here; more have a process each. */
export function makeGroupRunners(jobs: number, settings: TrainWorkerSettings, terminal: Terminal): GroupRunner[] {
  const { env: environment, signal } = terminal
  if (jobs === 1) return [makeGroupRunner(settings, { environment, signal })]
  const entry = fileURLToPath(new URL('./worker.js', import.meta.url))
  return Array.from({ length: jobs }, () => createWorkerGroupRunner({ entry, settings, environment, signal }))
}
