import { createHash } from 'node:crypto'
import { FuseSearchError } from '../../core/index.ts'
import type { EncoderWeights } from './encoded/weights.ts'
import {
  OPTION_KINDS,
  type OptionKind,
  OWN_FEATURES,
  OWN_WIDTH,
  STATE_FEATURES,
  STATE_WIDTH,
} from './strategy/features.ts'
import type { KindParameters, Strategy } from './strategy/strategy.ts'
import { HAND_WEIGHTS, type Weights } from './weights.ts'

export const WEIGHTS_VERSION = 1

/** A training's `weights.json`. */
interface WeightsFile extends Weights {
  readonly schema: 'fusesearch-weights'
  readonly version: typeof WEIGHTS_VERSION
  /** Digest of the names behind the numbers. */
  readonly features: string
}

/** The weights as the text of a file that {@link parseWeights} reads. */
export function weightsText(weights: Weights): string {
  const file: WeightsFile = {
    schema: 'fusesearch-weights',
    version: WEIGHTS_VERSION,
    features: featureDigest(),
    ...weights,
  }
  return `${JSON.stringify(file)}\n`
}

/**
 * Reads the text of a weights file; `name` is for messages. Throws `bad-argument` where it is no such file, is of another
 * version or feature set, or lacks a number.
 */
export function parseWeights(text: string, name: string): Weights {
  const file = parseObject(text, name)
  if (file.schema !== 'fusesearch-weights')
    throw bad(`${name} is no weights file. Name the weights.json of a training.`)
  if (file.version !== WEIGHTS_VERSION || file.features !== featureDigest()) {
    throw bad(`${name} holds weights of another version or feature set. Train again with this program.`)
  }
  return {
    term: named(file.term, HAND_WEIGHTS.term, `${name}: term`),
    file: named(file.file, HAND_WEIGHTS.file, `${name}: file`),
    function: named(file.function, HAND_WEIGHTS.function, `${name}: function`),
    strategy: strategyIn(file.strategy, name),
    confidence: named(file.confidence, HAND_WEIGHTS.confidence, `${name}: confidence`),
    ...(file.encoder === undefined ? {} : { encoder: encoderIn(file.encoder, `${name}: encoder`) }),
  }
}

/** Names weights, in a trajectory say: the same numbers have the same digest. Those of an encoder have a name of their own. */
export function digestWeights({ term, file, function: functions, strategy, confidence }: Weights): string {
  const numbers = [
    ...keysOf(HAND_WEIGHTS.term).map((key) => term[key]),
    ...keysOf(HAND_WEIGHTS.file).map((key) => file[key]),
    ...keysOf(HAND_WEIGHTS.function).map((key) => functions[key]),
    ...OPTION_KINDS.flatMap((kind) => [...strategy[kind].state, ...strategy[kind].own]),
    confidence.slope,
    confidence.bias,
  ]
  return createHash('sha256').update(JSON.stringify(numbers)).digest('hex').slice(0, 12)
}

function featureDigest(): string {
  const { term, file, function: functions } = HAND_WEIGHTS
  const names = [...[term, file, functions].map(keysOf), OPTION_KINDS, STATE_FEATURES, OWN_FEATURES]
  return createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 12)
}

function parseObject(text: string, name: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(text))
  } catch (cause) {
    throw bad(`${name} is not JSON. Name the weights.json of a training.`, cause)
  }
}

/** The numbers of `value` under the names of `like`, in their order. */
function named<W extends object>(value: unknown, like: W, place: string): W {
  const given = fieldsOf(value)
  return Object.fromEntries(keysOf(like).map((key) => [key, finite(given[key], `${place}.${key}`)])) as W
}

function strategyIn(value: unknown, name: string): Strategy {
  const given = fieldsOf(value)
  const kinds = OPTION_KINDS.map((kind): [OptionKind, KindParameters] => {
    const { state, own } = fieldsOf(given[kind])
    const place = `${name}: strategy.${kind}`
    return [kind, { state: list(state, STATE_WIDTH, `${place}.state`), own: list(own, OWN_WIDTH, `${place}.own`) }]
  })
  return Object.fromEntries(kinds) as Strategy
}

function encoderIn(value: unknown, place: string): EncoderWeights {
  const { doubt, file, function: ofFunction } = fieldsOf(value)
  return {
    doubt: finite(doubt, `${place}.doubt`),
    file: named(file, { best: 0, outline: 0 }, `${place}.file`),
    function: named(ofFunction, { own: 0, file: 0 }, `${place}.function`),
  }
}

function list(value: unknown, length: number, place: string): number[] {
  const given: readonly unknown[] = Array.isArray(value) ? value : []
  return Array.from({ length }, (_, index) => finite(given[index], `${place}[${index}]`))
}

/** JSON writes what is no finite number as null. */
function finite(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  const fact = value === undefined ? 'is missing' : 'is no finite number'
  throw bad(`${place} ${fact}. Name the whole weights.json of a training that ended well.`)
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function keysOf<W extends object>(weights: W): (keyof W & string)[] {
  return Object.keys(weights) as (keyof W & string)[]
}

function bad(message: string, cause?: unknown): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument', cause })
}
