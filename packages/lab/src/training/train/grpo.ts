import { createRng, FuseSearchError, shuffled } from 'fusesearch/core'
import { fromVector, toVector } from 'fusesearch/policies'
import {
  type GrpoLoss,
  groupAdvantages,
  grpoLoss,
  logProbabilities,
  updateAdvantages,
  type WeightedChoice,
} from '../learn/choice-loss.ts'
import { type AdamState, createAdam, stepAdam } from '../learn/fit.ts'
import type { GroupResult } from '../rollout/play.ts'
import { type Checkpoint, type HistoryEntry, withStep } from './checkpoint.ts'
import { rolloutsOf } from './fleet.ts'
import { costOf, metricsOf, nextPenaltyFactor } from './metrics.ts'
import { groupTasks, playSome, type Training, validate } from './training.ts'

/** Steps of a pass over the choices of an update. */
const STEPS_A_PASS = 4

/** Phase 2: GRPO, starting from the cloned policy. It ends after its last update or when validation stops improving. */
export async function runGrpo(training: Training, begun: Checkpoint): Promise<Checkpoint> {
  const { grpo } = training.settings
  let state: Checkpoint = { ...begun, reference: begun.reference ?? begun.weights }
  while (state.iteration < grpo.iterations && !isStale(state, grpo)) {
    training.signal.throwIfAborted()
    state = await runIteration(training, state)
    training.save(state)
  }
  return state
}

async function runIteration(training: Training, state: Checkpoint): Promise<Checkpoint> {
  const { settings } = training
  const { grpo, seed } = settings
  const iteration = state.iteration + 1
  const stream = seed + 1000 * iteration
  const samples = shuffled(training.training, createRng(stream)).slice(0, grpo.samplesPerIteration)
  const plan = { weights: state.weights, temperature: 1, size: grpo.groupSize, seed: stream + 1 }
  const tasks = groupTasks(samples, { ...plan, wants: 'choices' }, settings)
  const results = await playSome(training, tasks, { phase: 'grpo', iteration })
  const parameters = toVector(state.weights.strategy)
  const reference = toVector((state.reference ?? state.weights).strategy)
  const adam = restore(state.adam, parameters.length)
  const { price, usual } = state
  const earned = results.map((result) => earnedOf(result, { price, usual }))
  const advantages = grpo.advantage === 'update' ? updateAdvantages(earned) : earned.map(groupAdvantages)
  const loss = update(weigh(results, advantages, { parameters, reference }), { parameters, adam, training })
  const weights = { ...state.weights, strategy: fromVector(parameters) }
  const isDue = iteration % grpo.validateEvery === 0 || iteration === grpo.iterations
  const entry: HistoryEntry = {
    phase: 'grpo',
    iteration,
    train: metricsOf(rolloutsOf(results)),
    ...(grpo.thrift === 0 ? {} : { price }),
    ...(loss === undefined ? {} : { loss: { kl: loss.kl, entropy: loss.entropy, clipped: loss.clipped } }),
    ...(isDue ? { validation: await validate(training, weights) } : {}),
  }
  return {
    ...withStep(state, entry, weights),
    phase: 'grpo',
    iteration,
    weights,
    price: nextPenaltyFactor(results, { price, usual }, grpo.thrift),
    adam: { step: adam.step, first: [...adam.first], second: [...adam.second] },
  }
}

/** Rewards of the rollouts, minus the penalty on their cost. */
function earnedOf(result: GroupResult, { price, usual }: Pick<Checkpoint, 'price' | 'usual'>): readonly number[] {
  if (!result.ok) return []
  const spent = usual[result.sample]
  return result.rollouts.map((rollout) => rollout.reward - price * costOf(rollout, spent))
}

/** Choices with the advantage of their trajectory; a group of equal rewards has no effect. */
function weigh(
  results: readonly GroupResult[],
  advantages: readonly (readonly number[])[],
  { parameters, reference }: { readonly parameters: Float64Array; readonly reference: Float64Array },
): WeightedChoice[] {
  return results.flatMap((result, group) => {
    if (!result.ok) return []
    return result.rollouts.flatMap(({ choices }, index) => {
      const advantage = advantages[group]?.[index] ?? 0
      if (advantage === 0) return []
      return choices.map((choice): WeightedChoice => {
        const oldLog = logProbabilities(parameters, choice)[choice.chosen] ?? 0
        return { choice, advantage, oldLog, reference: logProbabilities(reference, choice) }
      })
    })
  })
}

interface Update {
  /** Changed in place. */
  readonly parameters: Float64Array
  readonly adam: AdamState
  readonly training: Training
}

/** Updates the parameters; undefined if there is nothing to learn from. */
function update(choices: readonly WeightedChoice[], { parameters, adam, training }: Update): GrpoLoss | undefined {
  const { grpo } = training.settings
  const anchor = Float64Array.from(parameters)
  let loss: GrpoLoss | undefined
  const passes = choices.length < STEPS_A_PASS ? 0 : grpo.passes
  for (let pass = 0; pass < passes; pass += 1) {
    for (let step = 0; step < STEPS_A_PASS; step += 1) {
      const batch = choices.filter((_, index) => index % STEPS_A_PASS === step)
      loss = grpoLoss(parameters, batch, grpo)
      if (!Number.isFinite(loss.loss)) throw diverged()
      stepAdam(
        parameters,
        { gradient: loss.gradient, state: adam, anchor },
        { learningRate: grpo.learningRate, decay: 0 },
      )
    }
  }
  return loss
}

function diverged(): FuseSearchError {
  const message =
    'The loss is no longer a finite number. The last checkpoint is kept. Train in another folder with another --seed or more --samples-per-iteration.'
  return new FuseSearchError(message, { code: 'bad-run' })
}

function restore(kept: Checkpoint['adam'], size: number): AdamState {
  if (kept === null) return createAdam(size)
  return { step: kept.step, first: Float64Array.from(kept.first), second: Float64Array.from(kept.second) }
}

function isStale(state: Checkpoint, { validateEvery, patience }: { validateEvery: number; patience: number }): boolean {
  const best = state.best?.entry ?? 0
  const since = state.history.slice(best + 1).filter(({ phase, validation }) => phase === 'grpo' && validation)
  return state.phase === 'grpo' && since.length >= patience && state.iteration > validateEvery
}
