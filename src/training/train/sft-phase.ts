import { fromVector, toVector, type Weights } from '../../policies/index.ts'
import { fitRanking, fitStrategy } from '../learn/fit.ts'
import type { RankingSample } from '../learn/ranking.ts'
import type { PackedRollout } from '../rollout/group.ts'
import type { Checkpoint } from './checkpoint.ts'
import { rolloutsOf } from './fleet.ts'
import { isBetter, metricsOf } from './metrics.ts'
import type { TrajectoryFilter } from './settings.ts'
import { groupTasks, rolloutSettings, type Training } from './training.ts'
import { validate } from './validate.ts'

/** The first half of phase 1: how files and functions are ranked, from the rankings of the teacher's runs. */
export async function fitAnswers(training: Training, state: Checkpoint): Promise<Checkpoint> {
  const { settings, fleet } = training
  const play = rolloutSettings(settings, state.weights, settings.sft.temperature)
  const group = { settings: play, wantsPicks: false, wantsRankings: true, size: 2, seed: settings.seed + 1 }
  const tasks = groupTasks(training.training, group)
  const rollouts = rolloutsOf(await fleet.play(tasks, training.tell('ranking', 0, tasks.length)))
  const rankings = rollouts.flatMap((rollout) => rollout.rankings ?? [])
  const weights: Weights = {
    ...state.weights,
    file: fitted(
      rankings.map(({ files }) => files),
      state.weights.file,
      training,
    ),
    function: fitted(
      rankings.map(({ functions }) => functions),
      state.weights.function,
      training,
    ),
  }
  return advance(training, { ...state, phase: 'ranking', weights }, rollouts)
}

/** The second half: the decisions of the teacher's good trajectories, cloned. */
export async function runSft(training: Training, state: Checkpoint): Promise<Checkpoint> {
  const { settings, fleet } = training
  const { sft, seed } = settings
  const play = rolloutSettings(settings, state.weights, sft.temperature)
  const group = { settings: play, wantsPicks: true, wantsRankings: false, size: sft.rollouts, seed: seed + 2 }
  const tasks = groupTasks(training.training, group)
  const rollouts = rolloutsOf(await fleet.play(tasks, training.tell('sft', 0, tasks.length)))
  const good = rollouts.filter((rollout) => passes(rollout, sft.filter))
  const picks = good.flatMap((rollout) => rollout.picks)
  const start = toVector(state.weights.strategy)
  const { epochs, learningRate } = sft
  const strategy = fromVector(picks.length === 0 ? start : fitStrategy(start, picks, { epochs, learningRate, seed }))
  return advance(training, { ...state, phase: 'sft', weights: { ...state.weights, strategy } }, good)
}

/** The joint filter of phase 1 (SPEC §4.2). */
export function passes(rollout: PackedRollout, { minF1, minEfficiency }: TrajectoryFilter): boolean {
  return rollout.f1 >= minF1 && (rollout.efficiency ?? 0) >= minEfficiency
}

async function advance(training: Training, state: Checkpoint, rollouts: readonly PackedRollout[]): Promise<Checkpoint> {
  const validation = await validate(training, state.weights)
  const entry = { phase: state.phase, iteration: 0, train: metricsOf(rollouts), validation }
  const history = [...state.history, entry]
  const isBest = isBetter(validation, state.best?.reward ?? -Infinity, state.history[0]?.validation)
  const best = isBest ? { weights: state.weights, reward: validation.reward, entry: history.length - 1 } : state.best
  const next: Checkpoint = { ...state, iteration: 0, history, best }
  await training.save(next)
  return next
}

type RankingWeights = Weights['file'] | Weights['function']

function fitted<W extends RankingWeights>(samples: readonly RankingSample[], weights: W, training: Training): W {
  const { shrink, steps } = training.settings.ranking
  const names = Object.keys(weights) as (keyof W)[]
  const anchor = Float64Array.from(names, (name) => weights[name] as number)
  const vector = fitRanking(samples, { anchor, shrink, steps })
  return { ...weights, ...Object.fromEntries(names.map((name, index) => [name, vector[index] ?? 0])) }
}
