import { type JobHost, shownUrl } from 'fusesearch/cli'
import { refusal } from 'fusesearch/queue'
import { digestBuild } from '../../host/index.ts'
import type { EvalSettings } from './context.ts'
import { plainRepositories } from './dataset.ts'

/** The settings of a run for a queue: without paths, and without secrets in a model's address. */
export type QueuedSettings = Omit<EvalSettings, 'repositories' | 'folder' | 'cwd'>

/** The part of a run's settings that workers need. */
export function forWorkers({
  repositories: _repositories,
  folder: _folder,
  cwd: _cwd,
  ...settings
}: EvalSettings): QueuedSettings {
  const { llm } = settings
  return { ...settings, llm: llm && { ...llm, baseUrl: llm.baseUrl && shownUrl(llm.baseUrl) } }
}

/**
 * Completes the settings of a run with this machine's: where repositories are, and the model's endpoint.
 * `folder` gets the trajectories. Throws {@link refusal} for different code, and for a model that isn't configured
 * here.
 */
export async function onThisMachine(queued: QueuedSettings, folder: string, host: JobHost): Promise<EvalSettings> {
  const { terminal, places } = host
  refuseOtherCode(queued)
  return {
    ...queued,
    llm: queued.llm && ownModel(queued.llm, host),
    repositories: await plainRepositories({ ...places, skipBad: false }, terminal),
    folder,
    cwd: terminal.cwd,
  }
}

/** The version of the code that submitted the jobs. */
export type CodeSettings = Pick<EvalSettings, 'build' | 'version'>

/** Throws {@link refusal} for jobs that another version left in the queue. */
export function refuseOtherCode({ build, version }: CodeSettings): void {
  const own = digestBuild()
  if (build === own) return
  throw refusal(
    `The run was started with different code (${version}, ${build}) than this worker's (${own}). Install the same version on all machines.`,
  )
}

/** A job must not send this machine's key to an address of its choice, or load any file as a model. */
function ownModel(llm: NonNullable<EvalSettings['llm']>, { terminal: { env } }: JobHost): EvalSettings['llm'] {
  const own = env['FUSESEARCH_BASE_URL'] || null
  if ((own && shownUrl(own)) !== llm.baseUrl) {
    throw refusal(
      `The run uses a model at ${llm.baseUrl ?? "its vendor's own address"}, but this worker's FUSESEARCH_BASE_URL is ${own === null ? 'not set' : shownUrl(own)}. Set the same address on every worker.`,
    )
  }
  const isFile = llm.baseUrl === null && /\.gguf$/i.test(llm.model)
  if (isFile && env['FUSESEARCH_MODEL'] !== llm.model) {
    throw refusal(
      `The run uses the model file ${llm.model}. Set FUSESEARCH_MODEL to it on every worker that has the file.`,
    )
  }
  return { ...llm, baseUrl: own }
}
