import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { readVersion, type Terminal } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { shareSettings } from 'fusesearch/queue'
import { type Instance, repositoryIdentity } from '../../datasets/index.ts'
import { createPreparer, digestInstances } from '../../evaluation/index.ts'
import { describeSetup, digestBuild } from '../../host/index.ts'
import {
  createGroupRunner,
  createQueueGroupRunner,
  createWorkerGroupRunner,
  type GroupRunner,
  refuseEvaluation,
  type SampleSide,
  spreadOverRepositories,
  type TrainingFacts,
  type TrainRequest,
} from '../../training/index.ts'
import {
  type DatasetFlags,
  openRepositories,
  type PlainRepositories,
  plainRepositories,
  readExclusions,
  readInstances,
} from '../run/dataset.ts'
import { openLabFleet, workerOptions } from '../run/launch.ts'

/** Flags for the samples and the number of processes. */
export interface SampleFlags extends DatasetFlags {
  readonly validation: string
  readonly jobs: number
  readonly queue?: string
  readonly exclude: readonly string[]
}

/** A training's inputs from the command line's samples. */
type TrainingSamples = Pick<TrainRequest, 'training' | 'validation' | 'digest' | 'runners'> & {
  /** Ends the runners. */
  close(): Promise<void>
  readonly training: readonly number[]
  readonly instances: readonly Instance[]
}

/** Maximum number of samples, spread over their repositories. */
interface SampleBounds {
  readonly training?: number | undefined
  readonly validation?: number | undefined
}

/**
 * Reads both files, refuses repositories of evaluation sets, and makes the runners for the samples; the
 * caller closes them.
 */
export async function openSamples(
  file: string,
  flags: SampleFlags,
  { terminal, bounds = {} }: { readonly terminal: Terminal; readonly bounds?: SampleBounds },
): Promise<TrainingSamples> {
  const { training, validation } = await readSides(file, flags, { terminal, bounds })
  const instances = [...training, ...validation]
  return {
    training: training.map((_, index) => index),
    validation: validation.map((_, index) => training.length + index),
    digest: digestOf(training, validation),
    ...(await openRunners(instances, flags, terminal)),
    instances,
  }
}

/** Training and held-out samples. */
export interface Sides {
  readonly training: readonly Instance[]
  readonly validation: readonly Instance[]
}

/** Flags for samples that a training reads itself. */
type ReadFlags = DatasetFlags & Pick<SampleFlags, 'exclude'>

/** Reads both files, and refuses repositories of evaluation sets. */
export async function readSides(
  file: string,
  flags: ReadFlags & Pick<SampleFlags, 'validation'>,
  { terminal, bounds = {} }: { readonly terminal: Terminal; readonly bounds?: SampleBounds },
): Promise<Sides> {
  const training = spreadOverRepositories(await readTraining(file, flags, terminal), bounds.training ?? Infinity)
  const held = await readTraining(flags.validation, flags, terminal)
  const validation = spreadOverRepositories(held, bounds.validation ?? Infinity)
  refuseShared(training, validation)
  return { training, validation }
}

/** Reads one file, and refuses repositories of evaluation sets. */
export async function readTraining(file: string, flags: ReadFlags, terminal: Terminal): Promise<readonly Instance[]> {
  const instances = await readInstances(file, flags, terminal)
  const exclusions = await readExclusions(flags.exclude, terminal)
  const repos = instances.map(({ repo }) => repo)
  refuseEvaluation(repos, exclusions, 'Leave these samples out')
  return instances
}

/** A selection on training repositories says nothing about others. Throws `bad-dataset`. */
function refuseShared(training: readonly Instance[], validation: readonly Instance[]): void {
  const learned = new Set(training.map(({ repo }) => repositoryIdentity(repo)))
  const shared = new Set(validation.map(({ repo }) => repo).filter((repo) => learned.has(repositoryIdentity(repo))))
  const [first] = shared
  if (first === undefined) return
  const message = `${shared.size} of the held-out samples' repositories are also training repositories, for example ${first}. Split by repository: fusesearch data split.`
  throw new FuseSearchError(message, { code: 'bad-dataset' })
}

/** One job plays in this process; several have a process each, or the workers of `--queue` play all. */
async function openRunners(
  instances: readonly Instance[],
  flags: SampleFlags,
  terminal: Terminal,
): Promise<Pick<TrainingSamples, 'runners' | 'close'>> {
  if (flags.queue !== undefined) return queueRunners(instances, flags.queue, { flags, terminal })
  const repositories = await plainRepositories(flags, terminal)
  const folder = join(repositories.cacheDir, 'observations')
  const settings = { instances, repositories, folder }
  const worker = workerOptions({ kind: 'train', settings }, terminal)
  const runners =
    flags.jobs === 1
      ? [makeGroupRunner(settings, { environment: terminal.env, signal: terminal.signal })]
      : Array.from({ length: flags.jobs }, () => createWorkerGroupRunner(worker))
  return {
    runners,
    close: async () => void (await Promise.allSettled(runners.map((runner) => runner.close()))),
  }
}

async function queueRunners(
  instances: readonly Instance[],
  queue: string,
  { flags, terminal }: { readonly flags: SampleFlags; readonly terminal: Terminal },
): Promise<Pick<TrainingSamples, 'runners' | 'close'>> {
  const fleet = await openLabFleet(queue, flags, terminal)
  const runner = createQueueGroupRunner({
    submitter: fleet.submitter,
    settings: shareSettings('train', { build: digestBuild(), version: readVersion() }),
    instances,
    run: digestInstances(instances),
    signal: terminal.signal,
  })
  // One for each sample: all groups of an iteration are in the queue at once.
  return { runners: instances.map(() => runner), close: () => fleet.close() }
}

function digestOf(...sides: readonly (readonly Instance[])[]): string {
  return createHash('sha256').update(sides.map(digestInstances).join('\n')).digest('hex')
}

/** Inputs of a training for its report. */
interface FactsInput {
  readonly command: string
  /** The file of training samples. */
  readonly samples: string
  /** The file of held-out samples. */
  readonly validation: string
  /** `hand`, `shipped` or a file of weights. */
  readonly from: string
  readonly loaded: TrainingSamples
  readonly terminal: Pick<Terminal, 'cwd' | 'env'>
}

/** The facts of a training's report: data, program, machine. */
export async function trainingFacts({
  command,
  samples,
  validation,
  from,
  loaded,
  terminal,
}: FactsInput): Promise<TrainingFacts> {
  const { commit, node, machine } = await describeSetup(terminal)
  const { instances, training, validation: heldOut, digest } = loaded
  return {
    command,
    commit,
    version: readVersion(),
    node,
    machine,
    training: sideOf(samples, training, instances),
    validation: sideOf(validation, heldOut, instances),
    digest,
    from: basename(from),
    sampleIds: instances.map(({ id }) => id),
  }
}

function sideOf(file: string, indices: readonly number[], instances: readonly Instance[]): SampleSide {
  const repositories = new Set(indices.map((index) => instances[index]?.repo.toLowerCase()))
  return { name: basename(file), samples: indices.length, repositories: repositories.size }
}

/** Data from which a training's processes make their runners; plain data, so that it can be sent. */
export interface TrainWorkerSettings {
  readonly instances: readonly Instance[]
  readonly repositories: PlainRepositories
  /** Folder for observations. */
  readonly folder: string
}

/** Plays rollouts in this process. */
export function makeGroupRunner(
  { instances, repositories, folder }: TrainWorkerSettings,
  { environment, signal }: { readonly environment: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): GroupRunner {
  const preparer = createPreparer(openRepositories(repositories, environment))
  return createGroupRunner({ instances, preparer, folder, signal })
}
