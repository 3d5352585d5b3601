/** The process that `train --jobs` forks: it plays rollouts over the samples of its settings. */
import { serveGroups } from '../../training/index.ts'
import { makeGroupRunner, type TrainWorkerSettings } from './settings.ts'

serveGroups(process, async (settings) =>
  makeGroupRunner(settings as TrainWorkerSettings, {
    environment: process.env,
    signal: new AbortController().signal,
  }),
)
