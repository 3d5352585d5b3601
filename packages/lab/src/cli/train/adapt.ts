import { basename, join, resolve } from 'node:path'
import type { ExitCode, Terminal } from 'fusesearch/cli'
import { systemClock } from 'fusesearch/core'
import { originName, type Repository, repositoryAt, resolveCommit } from 'fusesearch/git'
import { DEFAULT_WEIGHTS, weightsText } from 'fusesearch/policies'
import { type Instance, loadDataset } from '../../datasets/index.ts'
import { digestInstances, type Estimate } from '../../evaluation/index.ts'
import {
  type Adaptation,
  mineSamples,
  runAdaptation,
  sampleLine,
  splitByTime,
  Tally,
  writeWhole,
} from '../../training/index.ts'
import { plainRepositories } from '../run/repositories.ts'
import { type TrainFlags, trainSettings } from './flags.ts'
import { makeGroupRunners } from './fleet.ts'
import { createTrainView } from './view.ts'

/** Flags of `train --repo`. */
export interface AdaptFlags extends TrainFlags {
  readonly repo: string
  readonly out: string
  readonly jobs: number
  readonly quiet: boolean
  readonly json: boolean
}

/** Samples that are mined at most, the newest. */
const MAX_SAMPLES = 400
/** Updates unless another number is asked for: the shipped weights are near. */
export const ADAPT_ITERATIONS = 12

/** Adapts the shipped policy to one code base, from its history; writes weights only when they are a gain. */
export async function adaptTo(flags: AdaptFlags, terminal: Terminal): Promise<ExitCode> {
  const folder = resolve(terminal.cwd, flags.out)
  const mined = await mine(resolve(terminal.cwd, flags.repo), folder, terminal)
  const { instances, sides, gitDir } = mined
  const { cacheDir } = await plainRepositories(flags, terminal)
  const repositories = { template: gitDir, map: null, cacheDir }
  const observations = join(cacheDir, 'observations')
  const runners = makeGroupRunners(flags.jobs, { instances, repositories, folder: observations }, terminal)
  const view = flags.quiet ? undefined : createTrainView(terminal.stderr, systemClock)
  try {
    const adaptation = await runAdaptation({
      settings: trainSettings(flags),
      start: DEFAULT_WEIGHTS,
      ...sides,
      digest: digestInstances(instances),
      runners,
      folder,
      clock: systemClock,
      signal: terminal.signal,
      ...(view === undefined ? {} : { onProgress: (progress) => view.show(progress) }),
    })
    view?.end()
    if (adaptation.isGain) await writeWhole(join(folder, 'weights.json'), weightsText(adaptation.result.weights))
    const { f1, fileF1, functionF1, efficiency, isGain } = adaptation
    const report = { isGain, f1, fileF1, functionF1, efficiency }
    terminal.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : describe(adaptation, flags.out))
    return 0
  } finally {
    view?.end()
    await Promise.allSettled(runners.map((runner) => runner.close()))
  }
}

interface Mined {
  readonly instances: readonly Instance[]
  readonly sides: Record<'training' | 'validation' | 'test', readonly number[]>
  readonly gitDir: string
}

async function mine(path: string, folder: string, terminal: Terminal): Promise<Mined> {
  const { env: environment, signal } = terminal
  const found = await repositoryAt({ path, environment, anywhereInside: true, signal })
  const repo = (await originName(found, signal)) ?? `local/${basename(path).replace(/[^\w.-]/g, '_') || 'repository'}`
  const repository: Repository = { ...found, name: repo }
  const until = await resolveCommit(repository, 'HEAD', signal)
  const bounds = { limit: MAX_SAMPLES, keepsAdditions: false }
  const { samples } = await mineSamples({ repository, repo, until, ...bounds, tally: new Tally(), signal })
  const split = splitByTime(samples)
  const sides = { training: split.training, validation: split.validation, test: split.test }
  const instances: Instance[] = []
  const places: Record<string, number[]> = {}
  for (const [side, own] of Object.entries(sides)) {
    const file = join(folder, `${side}.jsonl`)
    await writeWhole(file, own.map(sampleLine).join(''))
    const loaded = await loadDataset(file, { skipBad: false })
    places[side] = loaded.instances.map((_, index) => instances.length + index)
    instances.push(...loaded.instances)
  }
  const { training = [], validation = [], test = [] } = places
  return { instances, sides: { training, validation, test }, gitDir: repository.gitDir }
}

function describe({ f1, fileF1, functionF1, efficiency, isGain }: Adaptation, out: string): string {
  return [
    `Adapted less shipped, on the ${f1.n} newest texts, which took no part in training:`,
    `  F1 ${interval(f1)}; file F1 ${interval(fileF1)}, function F1 ${interval(functionF1)}, e ${interval(efficiency)}`,
    isGain
      ? `A gain. Use it: fusesearch locate --weights ${join(out, 'weights.json')} …`
      : 'No gain that is surely above 0: no weights are offered. Keep the shipped ones.',
    '',
  ].join('\n')
}

function interval({ mean, low, high }: Estimate): string {
  return `${points(mean)} [${points(low)}, ${points(high)}]`
}

function points(value: number | null): string {
  const text = (100 * (value ?? 0)).toFixed(1)
  return (value ?? 0) >= 0 ? `+${text}` : text
}
