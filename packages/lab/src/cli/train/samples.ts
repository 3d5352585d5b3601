import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Terminal } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { type Instance, repositoryIdentity } from '../../datasets/index.ts'
import { digestInstances } from '../../evaluation/index.ts'
import { type GroupRunner, refuseEvaluation, spreadOverRepositories, type TrainRequest } from '../../training/index.ts'
import { readExclusions } from '../data/exclusions.ts'
import { type DatasetFlags, plainRepositories, readInstances } from '../run/repositories.ts'
import { makeGroupRunners } from './fleet.ts'

/** Flags that say what is learned from, and with how many processes. */
export interface SampleFlags extends DatasetFlags {
  readonly validation: string
  readonly jobs: number
  readonly exclude: readonly string[]
}

/** What a training takes from the command line's samples. */
export type TrainingSamples = Pick<TrainRequest, 'training' | 'validation' | 'digest' | 'runners'> & {
  readonly training: readonly number[]
  readonly instances: readonly Instance[]
}

/** How many samples are taken at most, spread over their repositories. */
export interface SampleBounds {
  readonly training?: number | undefined
  readonly validation?: number | undefined
}

/**
 * Reads both files, refuses repositories of evaluation sets, and makes the processes that play over the samples; the
 * caller closes them.
 */
export async function openSamples(
  file: string,
  flags: SampleFlags,
  { terminal, bounds = {} }: { readonly terminal: Terminal; readonly bounds?: SampleBounds },
): Promise<TrainingSamples> {
  const read = async (path: string, most = Number.POSITIVE_INFINITY): Promise<readonly Instance[]> =>
    spreadOverRepositories(await readInstances(path, flags, terminal), most)
  const training = await read(file, bounds.training)
  const validation = await read(flags.validation, bounds.validation)
  const instances = [...training, ...validation]
  const exclusions = await readExclusions(flags.exclude, terminal)
  const repos = instances.map(({ repo }) => repo)
  refuseEvaluation(repos, exclusions, 'Leave these samples out')
  refuseShared(training, validation)
  return {
    training: training.map((_, index) => index),
    validation: validation.map((_, index) => training.length + index),
    digest: digestOf(training, validation),
    runners: await openRunners(instances, flags, terminal),
    instances,
  }
}

/** What is chosen on a repository that was learned from says nothing of others. Throws `bad-dataset`. */
function refuseShared(training: readonly Instance[], validation: readonly Instance[]): void {
  const learned = new Set(training.map(({ repo }) => repositoryIdentity(repo)))
  const shared = new Set(validation.map(({ repo }) => repo).filter((repo) => learned.has(repositoryIdentity(repo))))
  const [first] = shared
  if (first === undefined) return
  const message = `${shared.size} of the held-out samples' repositories are among those to learn from, ${first} for one. Split by repository: fusesearch data split.`
  throw new FuseSearchError(message, { code: 'bad-dataset' })
}

async function openRunners(
  instances: readonly Instance[],
  flags: SampleFlags,
  terminal: Terminal,
): Promise<GroupRunner[]> {
  const repositories = await plainRepositories(flags, terminal)
  const folder = join(repositories.cacheDir, 'observations')
  return makeGroupRunners(flags.jobs, { instances, repositories, folder }, terminal)
}

function digestOf(...sides: readonly (readonly Instance[])[]): string {
  // Where the files lay is no part of what is learned from.
  const plain = sides.map((side) => side.map(({ source: _source, line: _line, ...instance }) => instance))
  return createHash('sha256').update(plain.map(digestInstances).join('\n')).digest('hex')
}
