import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'
import { HAND_WEIGHTS, type Weights } from 'fusesearch/policies'
import { makeFolder } from '../../host/index.ts'
import { CHECKPOINT_VERSION, type Checkpoint, featureSet, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { adoptPhaseOne, fitAnswers, refitAnswers, runSft } from './fits.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { runGrpo } from './grpo.ts'
import { type Metrics, metricsOf } from './metrics.ts'
import { withoutEnd } from './settings.ts'
import {
  calibrateOn,
  type HeldOutScore,
  heldOutScores,
  playHeldOut,
  type Training,
  type TrainRequest,
  validate,
} from './training.ts'

/** The result of a training. */
export interface TrainResult {
  /** The best weights on the held-out samples, or the last ones if asked for, with calibrated confidence. */
  readonly weights: Weights
  readonly checkpoint: Checkpoint
  readonly hand: Metrics
  readonly trained: Metrics
  /** By held-out sample: the policy that training started with, and the trained one. */
  readonly heldOut: { readonly hand: readonly HeldOutScore[]; readonly trained: readonly HeldOutScore[] }
  /** Expected calibration error of the confidence before and after, on the held-out samples. */
  readonly calibration: { readonly before: number; readonly after: number }
  readonly played: Fleet['played']
  readonly skipped: Fleet['skipped']
}

/**
 * Trains the embedded policy in two phases (paper §3): supervised on filtered trajectories of the hand-weighted
 * teacher, then GRPO. Resumes from the folder's checkpoint if there is one.
 * Throws FuseSearchError: `bad-run` (no usable sample, a loss that isn't finite, a checkpoint of another training),
 * `write-failed`.
 */
export async function runTraining(request: TrainRequest): Promise<TrainResult> {
  makeFolder(request.folder)
  const file = join(request.folder, 'checkpoint.json')
  const run = createHash('sha256')
    .update(JSON.stringify([request.digest, withoutEnd(request.settings), request.start ?? null]))
    .digest('hex')
    .slice(0, 16)
  let saved = await readCheckpoint(file, { run, settings: request.settings })
  const fleet = createFleet(request.runners, request.clock, saved?.played)
  const training: Training = {
    ...request,
    fleet,
    save(state) {
      saved = { ...state, played: { ...fleet.played } }
      writeCheckpoint(file, saved)
      request.onStep?.(saved)
    },
    tell: progressReporter(request, fleet, () => saved),
  }
  let state = saved ?? (await begin(training, run))
  const { taught } = request
  if (state.phase === 'hand' && taught !== undefined) state = await adoptPhaseOne(training, state, taught)
  if (state.phase === 'hand') state = await fitAnswers(training, state)
  if (state.phase === 'ranking') state = await runSft(training, state)
  if (state.phase === 'sft' || state.phase === 'grpo') state = await runGrpo(training, state)
  if (request.settings.ranking.again && state.phase === 'grpo') state = await refitAnswers(training, state)
  const start = request.start ?? HAND_WEIGHTS
  const kept = request.keeps === 'last' ? state.weights : (state.best?.weights ?? state.weights)
  const { weights, calibration } = await calibrateOn(training, kept)
  const [before, after] = [await playHeldOut(training, start), await playHeldOut(training, weights)]
  return {
    weights,
    checkpoint: state,
    hand: metricsOf(before),
    trained: metricsOf(after),
    heldOut: { hand: heldOutScores(training, before), trained: heldOutScores(training, after) },
    calibration,
    played: fleet.played,
    skipped: fleet.skipped,
  }
}

async function begin(training: Training, run: string): Promise<Checkpoint> {
  const start = training.start ?? HAND_WEIGHTS
  const validation = await validate(training, start)
  if (validation.n === 0) {
    const [first] = training.fleet.skipped.values()
    const why = first === undefined ? 'there are none' : first.message
    throw new FuseSearchError(`No held-out sample is usable: ${why}`, { code: 'bad-run' })
  }
  const state: Checkpoint = {
    version: CHECKPOINT_VERSION,
    features: featureSet(),
    run,
    played: training.fleet.played,
    settings: training.settings,
    phase: 'hand',
    iteration: 0,
    weights: start,
    usual: {},
    price: 0,
    reference: null,
    best: { weights: start, reward: validation.reward, entry: 0 },
    adam: null,
    history: [{ phase: 'hand', iteration: 0, validation }],
  }
  training.save(state)
  return state
}

function progressReporter(request: TrainRequest, fleet: Fleet, saved: () => Checkpoint | undefined): Training['tell'] {
  const startedMs = request.clock.nowMs()
  const { rollouts: earlier } = fleet.played
  return (phase, iteration, total) => (done) => {
    const seconds = (request.clock.nowMs() - startedMs) / 1000
    const rolloutsPerSecond = (fleet.played.rollouts - earlier) / Math.max(1, seconds)
    const { iterations } = request.settings.grpo
    const validation = saved()?.history.findLast((entry) => entry.validation !== undefined)?.validation
    request.onProgress?.({ phase, iteration, iterations, done, total, rolloutsPerSecond, validation })
  }
}
