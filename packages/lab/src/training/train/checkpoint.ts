import { readFile } from 'node:fs/promises'
import { FuseSearchError } from 'fusesearch/core'
import { OPTION_KINDS, OWN_WIDTH, STATE_WIDTH, type Weights } from 'fusesearch/policies'
import { writeWhole } from '../../host/index.ts'
import { FEATURE_NAMES } from '../rollout/play.ts'
import type { Fleet } from './fleet.ts'
import { isBetter, type Metrics, type UsualCost } from './metrics.ts'
import { type TrainSettings, withoutEnd } from './settings.ts'

export const CHECKPOINT_VERSION = 3

/** One entry of the training's history. */
export interface HistoryEntry {
  readonly phase: 'hand' | 'ranking' | 'sft' | 'grpo' | 'answers' | 'lengths'
  /** Updates of the phase so far; 0 outside phase 2. */
  readonly iteration: number
  /** Over the sampled rollouts; absent if there were none. */
  readonly train?: Metrics
  /** Over the held-out samples, with the best decisions. */
  readonly validation?: Metrics
  /** The same for a fit of the ranking that was rejected because it was worse. */
  readonly refused?: Metrics
  /** The factor of the penalty on cost in the update. */
  readonly price?: number
  readonly loss?: { readonly kl: number; readonly entropy: number; readonly clipped: number }
}

/** Everything that a killed training needs to resume; it loses at most the current step. */
export interface Checkpoint {
  readonly version: number
  /** The names of the weights; a checkpoint with other features can't be used. */
  readonly features: string
  /** Digest of samples and settings, without the number of updates. */
  readonly run: string
  /** Over all parts of a training that was stopped and resumed. */
  readonly played: Fleet['played']
  readonly settings: TrainSettings
  readonly phase: Exclude<HistoryEntry['phase'], 'answers' | 'lengths'>
  readonly iteration: number
  readonly weights: Weights
  /** Cost of the teacher by sample; empty if phase 1 was left out. */
  readonly usual: UsualCost
  /** The penalty for each multiple of the sample's usual cost that a rollout has. */
  readonly price: number
  /** The policy that phase 2 started from. */
  readonly reference: Weights | null
  readonly best: { readonly weights: Weights; readonly reward: number; readonly entry: number } | null
  readonly adam: { readonly step: number; readonly first: readonly number[]; readonly second: readonly number[] } | null
  readonly history: readonly HistoryEntry[]
}

/** Adds a step to the history, and keeps its weights if they are the best so far on the held-out samples. */
export function withStep(state: Checkpoint, entry: HistoryEntry, weights: Weights): Checkpoint {
  const history = [...state.history, entry]
  const { validation } = entry
  const bestSoFar = state.best?.reward ?? -Infinity
  if (validation === undefined || !isBetter(validation, bestSoFar, state.history[0]?.validation)) {
    return { ...state, history }
  }
  return { ...state, history, best: { weights, reward: validation.reward, entry: history.length - 1 } }
}

/** Names every feature and option, in order. */
export function featureSet(): string {
  return JSON.stringify([FEATURE_NAMES, OPTION_KINDS, STATE_WIDTH, OWN_WIDTH])
}

/** Throws `write-failed`. */
export function writeCheckpoint(file: string, checkpoint: Checkpoint): void {
  writeWhole(file, `${JSON.stringify(checkpoint)}\n`)
}

/** The run that a checkpoint must belong to. */
interface ExpectedRun {
  readonly run: string
  readonly settings: TrainSettings
}

/**
 * Reads a checkpoint; undefined when there is none. Throws `bad-run` for one of another version, feature set or run.
 */
export async function readCheckpoint(file: string, { run, settings }: ExpectedRun): Promise<Checkpoint | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const checkpoint = parse(text, file)
  if (checkpoint?.version !== CHECKPOINT_VERSION || checkpoint.features !== featureSet()) {
    throw bad(`The checkpoint ${file} has a different version or feature set. Give another --out folder.`)
  }
  if (checkpoint.run !== run) {
    const others = differences(withoutEnd(checkpoint.settings), withoutEnd(settings))
    const what = others.length === 0 ? 'other samples or starting weights' : `other settings: ${others.join(', ')}`
    throw bad(`The checkpoint ${file} belongs to a run with ${what}. Give another --out folder.`)
  }
  return { ...checkpoint, settings }
}

/** Names of the settings that differ, as `grpo.groupSize (8, now 4)`. */
function differences(before: object, now: object, above = ''): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  return [...names].flatMap((name) => {
    const [from, to] = [before, now].map((side) => (side as Record<string, unknown>)[name])
    if (JSON.stringify(from) === JSON.stringify(to)) return []
    const path = `${above}${name}`
    if (isRecord(from) && isRecord(to)) return differences(from, to, `${path}.`)
    return [`${path} (${JSON.stringify(from)}, now ${JSON.stringify(to)})`]
  })
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string, file: string): Checkpoint | null {
  try {
    return JSON.parse(text) as Checkpoint | null
  } catch (cause) {
    const message = `The checkpoint ${file} isn't JSON. Delete it to start again.`
    throw new FuseSearchError(message, { code: 'bad-run', cause })
  }
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-run' })
}
