import { fromVector, toVector, type Weights } from 'fusesearch/policies'
import { fitStrategy } from '../learn/fit.ts'
import type { PackedRollout } from '../rollout/group.ts'
import type { Checkpoint, HistoryEntry } from './checkpoint.ts'
import { fittedRanking } from './fitted-ranking.ts'
import { playSome, rolloutsOf } from './fleet.ts'
import { isBetter, type Metrics, metricsOf } from './metrics.ts'
import type { TrajectoryFilter } from './settings.ts'
import { spendingOf } from './spending.ts'
import { groupTasks, type Training } from './training.ts'
import { validate } from './validate.ts'

/**
 * The first half of phase 1: how files and functions are ranked, from the rankings of the teacher's runs. The fit is
 * kept where the held-out samples gain by it.
 */
export async function fitAnswers(training: Training, state: Checkpoint): Promise<Checkpoint> {
  const { settings, fleet } = training
  const plan = { weights: state.weights, temperature: settings.sft.temperature, wantsPicks: false, wantsRankings: true }
  const tasks = groupTasks(training.training, { ...plan, size: 2, seed: settings.seed + 1 }, settings)
  const rollouts = rolloutsOf(await playSome(fleet, tasks, training.tell('ranking', 0, tasks.length)))
  const fit = fittedRanking(rollouts, state.weights, settings)
  const ofFit = await validate(training, fit)
  const before = state.history[0]?.validation
  const train = metricsOf(rollouts)
  // What it spends is not asked: the strategy, which spends, is yet to be learned.
  if (before !== undefined && ofFit.reward <= before.reward) {
    return advance(training, { ...state, phase: 'ranking' }, { train, validation: before, refused: ofFit })
  }
  return advance(training, { ...state, phase: 'ranking', weights: fit }, { train, validation: ofFit })
}

/** The second half: the decisions of the teacher's good trajectories, cloned. */
export async function runSft(training: Training, state: Checkpoint): Promise<Checkpoint> {
  const { settings, fleet } = training
  const { sft, seed } = settings
  const plan = { weights: state.weights, temperature: sft.temperature, wantsPicks: true, wantsRankings: false }
  const tasks = groupTasks(training.training, { ...plan, size: sft.rollouts, seed: seed + 2 }, settings)
  const results = await playSome(fleet, tasks, training.tell('sft', 0, tasks.length))
  const rollouts = rolloutsOf(results)
  const good = rollouts.filter((rollout) => passes(rollout, sft.filter))
  const picks = good.flatMap((rollout) => rollout.picks)
  const start = toVector(state.weights.strategy)
  const { epochs, learningRate } = sft
  const strategy = fromVector(picks.length === 0 ? start : fitStrategy(start, picks, { epochs, learningRate, seed }))
  const weights = { ...state.weights, strategy }
  const validation = await validate(training, weights)
  const next = { ...state, phase: 'sft' as const, weights, usual: spendingOf(results) }
  return advance(training, next, { train: metricsOf(good), validation })
}

/** Both halves at once, with the weights that they gave to another training of the same samples and settings. */
export async function takeTaught(training: Training, state: Checkpoint, weights: Weights): Promise<Checkpoint> {
  const validation = await validate(training, weights)
  return advance(training, { ...state, phase: 'sft', weights }, { validation })
}

/** The joint filter of phase 1 (SPEC §4.2). */
export function passes(rollout: PackedRollout, { minF1, minEfficiency }: TrajectoryFilter): boolean {
  return rollout.f1 >= minF1 && (rollout.efficiency ?? 0) >= minEfficiency
}

async function advance(
  training: Training,
  state: Checkpoint,
  reached: Pick<HistoryEntry, 'train' | 'refused'> & { readonly validation: Metrics },
): Promise<Checkpoint> {
  const { validation } = reached
  const history = [...state.history, { phase: state.phase, iteration: 0, ...reached }]
  const isBest = isBetter(validation, state.best?.reward ?? -Infinity, state.history[0]?.validation)
  const best = isBest ? { weights: state.weights, reward: validation.reward, entry: history.length - 1 } : state.best
  const next: Checkpoint = { ...state, iteration: 0, history, best }
  await training.save(next)
  return next
}
