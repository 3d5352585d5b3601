import { basename } from 'node:path'
import type { Terminal } from 'fusesearch/cli'
import { readVersion } from 'fusesearch/cli'
import type { Instance } from '../../datasets/index.ts'
import type { SampleSide, TrainingFacts } from '../../training/index.ts'
import { describeSetup } from '../run/setup.ts'
import type { TrainingSamples } from './samples.ts'

/** What a training is told of itself for its report. */
export interface FactsInput {
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
