import { extname } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'
import type { Encoder } from 'fusesearch/encoder'
import type { EncoderWeights } from 'fusesearch/policies'
import type { Instance } from '../../datasets/index.ts'
import { type EncoderFit, fitEncoder, isFirstRight, likelihood, reordered } from './fit-encoder.ts'
import { type SearchOptions, searchSamples } from './searches.ts'
import { type SimilaritySample, similaritySample } from './similarity-samples.ts'

/** What fitting an encoder's weights needs. */
export interface EncoderTraining extends SearchOptions {
  readonly encoder: Encoder
  readonly training: readonly Instance[]
  readonly validation: readonly Instance[]
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
  const { encoder, training, validation, signal } = options
  const played = await searchSamples([...training, ...validation], options, async (search, { instance, gold }) => {
    const { issue, repo } = instance
    const sample = await similaritySample(search, { issue, repo, gold, encoder }, signal)
    return { sample, kind: extname(gold.files[0] ?? '') || 'other' }
  })
  const learned = played.slice(0, training.length).flatMap((one) => (one === undefined ? [] : [one.sample]))
  const fit = fitEncoder(learned)
  if (fit === undefined) {
    const message = `The encoder ${encoder.name} gains nothing over ${learned.length} searches of other repositories than it was fitted to. Take more samples, or leave it out.`
    throw new FuseSearchError(message, { code: 'bad-run' })
  }
  const heldOut = played.slice(training.length).flatMap((one) => one ?? [])
  const skipped = played.filter((one) => one === undefined).length
  return { ...fit, heldOut: gainsOf(heldOut, fit.weights), skipped }
}

interface Played {
  readonly sample: SimilaritySample
  /** The extension of the first gold file. */
  readonly kind: string
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
