import { FuseSearchError } from 'fusesearch/core'
import { fromVector, toVector } from 'fusesearch/policies'
import {
  type GrpoLoss,
  groupAdvantages,
  grpoLoss,
  logChances,
  updateAdvantages,
  type WeightedPick,
} from '../learn/decision-loss.ts'
import { type AdamState, createAdam, stepAdam } from '../learn/fit.ts'
import type { GroupResult, PackedRollout } from '../rollout/play.ts'
import type { Checkpoint, HistoryEntry } from './checkpoint.ts'
import { isBetter, metricsOf, validate } from './metrics.ts'
import { drawSamples, groupTasks, playSome, rolloutsOf, type Training } from './training.ts'

/** Steps that a pass over an iteration's decisions is made in. */
const STEPS_A_PASS = 4

/** Phase 2: GRPO from the cloned policy on; ends at its last iteration or when validation brings nothing better. */
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
  const { settings, fleet } = training
  const { grpo, seed } = settings
  const iteration = state.iteration + 1
  const stream = seed + 1000 * iteration
  const samples = drawSamples(training.training, grpo.samplesPerIteration, stream)
  const plan = { weights: state.weights, temperature: 1, wantsPicks: true, wantsRankings: false }
  const tasks = groupTasks(samples, { ...plan, size: grpo.groupSize, seed: stream + 1 }, settings)
  const results = await playSome(fleet, tasks, training.tell('grpo', iteration, tasks.length))
  const parameters = toVector(state.weights.strategy)
  const reference = toVector((state.reference ?? state.weights).strategy)
  const adam = restore(state.adam, parameters.length)
  const { price, usual } = state
  const earned = results.map((result) => earnedOf(result, { price, usual }))
  const advantages = grpo.advantage === 'update' ? updateAdvantages(earned) : earned.map(groupAdvantages)
  const loss = update(weigh(results, advantages, { parameters, reference }), { parameters, adam, training })
  const weights = { ...state.weights, strategy: fromVector(parameters) }
  const isDue = iteration % grpo.validateEvery === 0 || iteration === grpo.iterations
  const validation = isDue ? await validate(training, weights) : undefined
  const entry: HistoryEntry = {
    phase: 'grpo',
    iteration,
    train: metricsOf(rolloutsOf(results)),
    ...(grpo.thrift === 0 ? {} : { price }),
    ...(loss === undefined ? {} : { loss: { kl: loss.kl, entropy: loss.entropy, clipped: loss.clipped } }),
    ...(validation === undefined ? {} : { validation }),
  }
  const history = [...state.history, entry]
  const isBest =
    validation !== undefined && isBetter(validation, state.best?.reward ?? -Infinity, state.history[0]?.validation)
  const best = isBest ? { weights, reward: validation.reward, entry: history.length - 1 } : state.best
  const kept = { step: adam.step, first: [...adam.first], second: [...adam.second] }
  const next = nextPrice(results, { price, usual }, grpo.thrift)
  return { ...state, phase: 'grpo', iteration, weights, price: next, best, adam: kept, history }
}

/** By rollout: its reward, spending paid for. */
function earnedOf(result: GroupResult, { price, usual }: Pick<Checkpoint, 'price' | 'usual'>): readonly number[] {
  if (!result.ok) return []
  const spent = usual[result.sample]
  return result.rollouts.map((rollout) => rollout.reward - price * costOf(rollout, spent))
}

/** Decisions with the advantage of their trajectory; groups in which all rewards are equal teach nothing. */
function weigh(
  results: readonly GroupResult[],
  advantages: readonly (readonly number[])[],
  { parameters, reference }: { readonly parameters: Float64Array; readonly reference: Float64Array },
): WeightedPick[] {
  return results.flatMap((result, group) => {
    if (!result.ok) return []
    return result.rollouts.flatMap(({ picks }, index) => {
      const advantage = advantages[group]?.[index] ?? 0
      if (advantage === 0) return []
      return picks.map((pick): WeightedPick => {
        const oldLog = logChances(parameters, pick)[pick.chosen] ?? 0
        return { pick, advantage, oldLog, reference: logChances(reference, pick) }
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

/** Moves the parameters; undefined when there is nothing to learn from. */
function update(picks: readonly WeightedPick[], { parameters, adam, training }: Update): GrpoLoss | undefined {
  const { grpo } = training.settings
  const anchor = Float64Array.from(parameters)
  let loss: GrpoLoss | undefined
  const passes = picks.length < STEPS_A_PASS ? 0 : grpo.passes
  for (let pass = 0; pass < passes; pass += 1) {
    for (let step = 0; step < STEPS_A_PASS; step += 1) {
      const batch = picks.filter((_, index) => index % STEPS_A_PASS === step)
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
    'The loss is no longer a finite number; the last checkpoint stands. Train in another folder with another --seed, or more --samples-per-iteration.'
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

/** Calls and bytes of a rollout, or means of several. */
interface Spending {
  readonly calls: number
  readonly bytes: number
}

/** By sample: what the teacher's rollouts over it spend in the mean. */
export type UsualSpending = Readonly<Record<number, Spending>>

/** Means over each group. */
export function spendingOf(results: readonly GroupResult[]): UsualSpending {
  const played = results.flatMap((result) => (result.ok && result.rollouts.length > 0 ? [result] : []))
  return Object.fromEntries(
    played.map(({ sample, rollouts }) => {
      const mean = (pick: (rollout: PackedRollout) => number): number =>
        rollouts.reduce((sum, rollout) => sum + pick(rollout), 0) / rollouts.length
      return [sample, { calls: mean(({ calls }) => calls), bytes: mean(({ bytesShown }) => bytesShown) }]
    }),
  )
}

/** What a rollout spends as a multiple of what is usual for its sample: the mean of calls and bytes; 0 where unknown. */
export function costOf({ calls, bytesShown }: PackedRollout, usual: Spending | undefined): number {
  if (usual === undefined) return 0
  return 0.5 * (calls / Math.max(1, usual.calls) + bytesShown / Math.max(1, usual.bytes))
}

/**
 * The price of spending after an update: dual ascent on the constraint that calls and bytes, whichever has grown more,
 * stay what they were (SPEC §3: e may only be compared at about equal spending). Never below 0.
 */
export function nextPrice(
  results: readonly GroupResult[],
  { price, usual }: { readonly price: number; readonly usual: UsualSpending },
  rate: number,
): number {
  const now = spendingOf(results)
  let [calls, bytes, usualCalls, usualBytes] = [0, 0, 0, 0]
  for (const [sample, spent] of Object.entries(now)) {
    const before = usual[Number(sample)]
    if (before === undefined) continue
    calls += spent.calls
    bytes += spent.bytes
    usualCalls += before.calls
    usualBytes += before.bytes
  }
  if (usualCalls === 0 || usualBytes === 0) return price
  return Math.max(0, price + rate * (Math.max(calls / usualCalls, bytes / usualBytes) - 1))
}
