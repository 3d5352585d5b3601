import { extname } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'
import type { Encoder } from 'fusesearch/encoder'
import type { EncoderWeights, Weights } from 'fusesearch/policies'
import type { Instance } from '../../datasets/index.ts'
import type { Preparer } from '../../evaluation/index.ts'
import { KeptWorkspaces } from '../../host/index.ts'
import { playRollout } from '../rollout/play.ts'
import { openWorld } from '../rollout/world.ts'
import type { TrainSettings } from '../train/settings.ts'
import { type EncoderFit, fitEncoder, isFirstRight, likelihood, reordered } from './fit-encoder.ts'
import { type SimilaritySample, similaritySample } from './similarity-samples.ts'

/** What fitting an encoder's weights needs. */
export interface EncoderTraining {
  readonly encoder: Encoder
  /** Of the policy whose searches the encoder reads. */
  readonly weights: Weights
  readonly settings: Pick<TrainSettings, 'maxBreadth' | 'maxTurns' | 'reward' | 'seed' | 'toolSets'>
  readonly training: readonly Instance[]
  readonly validation: readonly Instance[]
  readonly preparer: Preparer
  /** Folder for observations. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** What the weights are worth on held-out searches. */
export interface HeldOutGain {
  /** `all`, or the extension of the first gold file. */
  readonly of: string
  readonly searches: number
  /** Searches in doubt, which the encoder reads. */
  readonly read: number
  /** Searches whose first file is right, before and after. */
  readonly before: number
  readonly after: number
  /** Mean added log-likelihood of the gold files, over all searches. */
  readonly gain: number
}

/** Fitted weights with what they are worth. */
export interface EncoderTrained extends EncoderFit {
  readonly heldOut: readonly HeldOutGain[]
  readonly skipped: number
}

/**
 * Fits an encoder's weights to searches of the policy on training samples, and measures them on held-out ones.
 * Throws `bad-run` where no sample can be played or nothing is gained, and what the encoder throws.
 */
export async function trainEncoder(options: EncoderTraining): Promise<EncoderTrained> {
  const { training, validation } = options
  const workspaces = new KeptWorkspaces()
  try {
    const all = [...training, ...validation]
    const played: (Played | undefined)[] = []
    for (const instance of all) {
      played.push(await playOne(instance, { ...options, workspaces }))
      options.onProgress?.(played.length, all.length)
    }
    const learned = played.slice(0, training.length).flatMap((one) => (one === undefined ? [] : [one.sample]))
    const fit = fitEncoder(learned)
    if (fit === undefined) {
      const message = `The encoder ${options.encoder.name} gains nothing over ${learned.length} searches of other repositories than it was fitted to. Take more samples, or leave it out.`
      throw new FuseSearchError(message, { code: 'bad-run' })
    }
    const heldOut = played.slice(training.length).flatMap((one) => one ?? [])
    const skipped = played.filter((one) => one === undefined).length
    return { ...fit, heldOut: gainsOf(heldOut, fit.weights), skipped }
  } finally {
    await workspaces.close()
  }
}

interface Played {
  readonly sample: SimilaritySample
  /** The extension of the first gold file. */
  readonly kind: string
}

/** Undefined for a sample that can't be had. */
async function playOne(
  instance: Instance,
  options: EncoderTraining & { readonly workspaces: KeptWorkspaces },
): Promise<Played | undefined> {
  const { encoder, settings, signal, weights } = options
  signal.throwIfAborted()
  try {
    const world = await openWorld(instance, options)
    const tools = settings.toolSets[0] ?? []
    const { run } = await playRollout(world, { ...settings, weights, temperature: 0, tools }, settings.seed)
    await world.save()
    const { issue, repo } = instance
    const sample = await similaritySample(run.search, { issue, repo, gold: world.gold, encoder }, signal)
    return { sample, kind: extname(world.gold.files[0] ?? '') || 'other' }
  } catch (error) {
    const isLost = error instanceof FuseSearchError && !['model-missing', 'write-failed'].includes(error.code)
    if (!isLost) throw error
    return undefined
  }
}

function gainsOf(played: readonly Played[], weights: EncoderWeights): readonly HeldOutGain[] {
  const kinds = [...new Set(played.map(({ kind }) => kind))].sort()
  return ['all', ...kinds].map((of) => {
    const samples = played.filter(({ kind }) => of === 'all' || kind === of).map(({ sample }) => sample)
    return { of, ...gainOver(samples, weights) }
  })
}

function gainOver(samples: readonly SimilaritySample[], weights: EncoderWeights): Omit<HeldOutGain, 'of'> {
  let [read, before, after, gain] = [0, 0, 0, 0]
  for (const { chance, files } of samples) {
    const isRead = chance < weights.doubt
    const scores = isRead ? reordered(files, weights.file) : files.scores
    read += Number(isRead)
    before += Number(isFirstRight(files.scores, files.isGold))
    after += Number(isFirstRight(scores, files.isGold))
    gain += likelihood(scores, files.isGold) - likelihood(files.scores, files.isGold)
  }
  return { searches: samples.length, read, before, after, gain: gain / Math.max(1, samples.length) }
}
