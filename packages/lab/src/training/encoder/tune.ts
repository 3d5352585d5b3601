import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FuseSearchError, jsonLine } from 'fusesearch/core'
import { CHARS_OF_TOKEN, OWN_READING } from 'fusesearch/encoder'
import { DOUBTED_FILES, encoderWeightsFor, MAX_READ_FILES, MAX_READ_FUNCTIONS, SHARPNESS } from 'fusesearch/policies'
import { z } from 'zod'
import type { Instance } from '../../datasets/index.ts'
import { digestInstances } from '../../evaluation/index.ts'
import { digestBuild, makeFolder, writeTogether, writeWhole } from '../../host/index.ts'
import { pairSample } from './pairs.ts'
import { type SearchOptions, searchSamples } from './searches.ts'

/** What fine-tuning an encoder needs. */
export interface TuneRequest extends Omit<SearchOptions, 'folder' | 'onProgress'> {
  readonly training: readonly Instance[]
  readonly validation: readonly Instance[]
  /** Folder for observations. */
  readonly observations: string
  /** Folder of the training, new or to resume. */
  readonly folder: string
  /** Runs the trainer with these flags, and hands over each line of its output. */
  readonly train: (flags: readonly string[], onLine: (line: string) => void) => Promise<void>
  readonly onProgress: (progress: TuneProgress) => void
}

/** How far a training has come. */
export type TuneProgress =
  | { readonly kind: 'pairs'; readonly done: number; readonly total: number }
  | { readonly kind: 'step'; readonly step: number; readonly steps: number; readonly secondsLeft: number }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly best: number; readonly summary: Summary }

const rankingSchema = z.object({
  /** Rankings that have a gold candidate and others. */
  open: z.int(),
  /** First right: without an encoder, by its similarity alone, and as the product mixes both. */
  before: z.int(),
  alone: z.int(),
  first: z.int(),
  /** Mean log-likelihood of the gold candidates by the similarity alone. */
  likelihood: z.number().nullable(),
  /** Log-likelihood that the encoder adds to the ranking, a search. */
  gain: z.number(),
})
const searchesSchema = z.object({
  samples: z.int(),
  files: rankingSchema.optional(),
  functions: rankingSchema.optional(),
})
/** An encoder on held-out searches: all, and those in doubt. */
const summarySchema = z.object({ all: searchesSchema, doubt: searchesSchema, gain: z.number() })
export type Summary = z.infer<typeof summarySchema>

const intervalSchema = z.object({
  samples: z.int(),
  mean: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
})
const differenceSchema = z.object({ first: intervalSchema, likelihood: intervalSchema })
const resultSchema = z.looseObject({
  file: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  /** 0 if no epoch was better than the untrained model. */
  best: z.int(),
  epochs: z.array(summarySchema),
  /** Of the exported files, the untrained model's too. */
  untrained: summarySchema,
  tuned: summarySchema,
  /** Tuned less untrained, paired, 95%, by the similarity alone. */
  differences: z.object({ files: differenceSchema, functions: differenceSchema }),
})
export type TuneResult = z.infer<typeof resultSchema> & {
  /** Samples that couldn't be searched. */
  readonly skipped: number
}

const eventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('step'), step: z.int(), steps: z.int(), secondsLeft: z.number() }),
  z.object({ event: z.literal('epoch'), epoch: z.int(), best: z.int(), ...summarySchema.shape }),
  z.looseObject({ event: z.literal('result') }),
])

/**
 * Searches all samples, writes what an encoder reads of their candidates, and fine-tunes it on them. Pairs that were
 * made before from the same samples are kept. Throws `bad-run` where no sample can be searched or the trainer says
 * something else, and what the trainer throws.
 */
export async function tuneEncoder(request: TuneRequest): Promise<TuneResult> {
  const { folder, train, onProgress } = request
  makeFolder(folder)
  const skipped = await writePairs(request)
  writeWhole(join(folder, PRODUCT), `${JSON.stringify(productOf(), null, 2)}\n`)
  let result: z.infer<typeof resultSchema> | undefined
  const files = { '--pairs': PAIRS, '--validate': HELD_OUT, '--product': PRODUCT, '--output': '.' }
  const flags = Object.entries(files).flatMap(([flag, name]) => [flag, join(folder, name)])
  await train(flags, (line) => {
    const event = read(eventSchema, line)
    if (event.event === 'result') result = read(resultSchema, line)
    else if (event.event === 'step') onProgress({ kind: 'step', ...event })
    else onProgress({ kind: 'epoch', epoch: event.epoch, best: event.best, summary: event })
  })
  if (result === undefined) throw bad('The trainer ended without a result. This is a bug.')
  return { ...result, skipped }
}

const PAIRS = 'pairs.jsonl'
const HELD_OUT = 'held-out.jsonl'
const PRODUCT = 'product.json'
const MADE_OF = 'pairs.json'

/** Returns the number of samples that couldn't be searched. */
async function writePairs(request: TuneRequest): Promise<number> {
  const { folder, observations, onProgress, settings, training, validation } = request
  const parts = [digestBuild(), JSON.stringify(settings), digestInstances(training), digestInstances(validation)]
  const digest = createHash('sha256').update(parts.join('\n')).digest('hex')
  const kept = keptSkips(join(folder, MADE_OF), digest)
  if (kept !== undefined) return kept
  const instances = [...training, ...validation]
  const options: SearchOptions = {
    ...request,
    folder: observations,
    onProgress: (done, total) => onProgress({ kind: 'pairs', done, total }),
  }
  const samples = await searchSamples(instances, options, pairSample)
  const linesOf = (some: typeof samples): string => some.flatMap((one) => (one ? [jsonLine(one)] : [])).join('')
  const [pairs, heldOut] = [linesOf(samples.slice(0, training.length)), linesOf(samples.slice(training.length))]
  if (pairs === '' || heldOut === '') {
    throw bad('None of the samples of one side can be searched. `fusesearch gold FILE` with the same flags says why.')
  }
  const skipped = samples.filter((one) => one === undefined).length
  writeTogether([
    { path: join(folder, PAIRS), content: pairs },
    { path: join(folder, HELD_OUT), content: heldOut },
    { path: join(folder, MADE_OF), content: jsonLine({ digest, skipped }) },
  ])
  return skipped
}

/** Of pairs that were made of the same samples by the same code; undefined if there are none. */
function keptSkips(file: string, digest: string): number | undefined {
  if (!existsSync(file)) return undefined
  const kept = madeSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  return kept.success && kept.data.digest === digest ? kept.data.skipped : undefined
}

const madeSchema = z.object({ digest: z.string(), skipped: z.int() })

/** How the product uses an encoder of one's own, in the trainer's words. */
function productOf(): object {
  const { doubt, file, function: ofFunction } = encoderWeightsFor({})
  return {
    max_tokens: OWN_READING.maxTokens,
    max_chars: OWN_READING.maxTokens * CHARS_OF_TOKEN,
    sharpness: SHARPNESS,
    doubt,
    file: { own: file.outline, best: file.best },
    function: { own: ofFunction.own, best: ofFunction.file },
    candidates: DOUBTED_FILES,
    read_files: MAX_READ_FILES,
    read_functions: MAX_READ_FUNCTIONS,
  }
}

function read<Schema extends z.ZodType>(schema: Schema, line: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(line))
  } catch (cause) {
    const message = `The trainer said something unknown: ${line.slice(0, 200)}. Are its files of the same version as fusesearch?`
    throw new FuseSearchError(message, { code: 'bad-run', cause })
  }
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-run' })
}
