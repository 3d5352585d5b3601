/** The process that `eval --jobs` forks: it makes the run's bench from its settings and serves instances. */
import { serveInstances } from '../../evaluation/index.ts'
import { type EvalSettings, makeBench } from './settings.ts'

serveInstances(process, async (settings) => makeBench(settings as EvalSettings, process.env))
