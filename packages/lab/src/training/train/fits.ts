import { fromVector, OWN_WIDTH, offsetOf, STATE_WIDTH, toVector, type Weights } from 'fusesearch/policies'
import { fitLength, fitRankings, fitStrategy } from '../learn/fit.ts'
import type { LengthSample } from '../learn/length-loss.ts'
import type { PackedRollout } from '../rollout/play.ts'
import { type Checkpoint, type HistoryEntry, withStep } from './checkpoint.ts'
import { rolloutsOf } from './fleet.ts'
import { metricsOf, usualCostOf } from './metrics.ts'
import type { TrainSettings, TrajectoryFilter } from './settings.ts'
import { groupTasks, playSome, type Training, validate } from './training.ts'

/**
 * The first half of phase 1: fits the ranking of files and functions to the rankings of the teacher's runs. The fit is
 * kept if it raises the reward on the held-out samples.
 */
export async function fitAnswers(training: Training, state: Checkpoint): Promise<Checkpoint> {
  const { settings } = training
  const plan = { weights: state.weights, temperature: settings.sft.temperature, size: 2, seed: settings.seed + 1 }
  const tasks = groupTasks(training.training, { ...plan, wants: 'rankings' }, settings)
  const rollouts = rolloutsOf(await playSome(training, tasks, { phase: 'ranking' }))
  const fit = fittedRanking(rollouts, state.weights, settings)
  const validation = await validate(training, fit)
  const before = state.history[0]?.validation
  const train = metricsOf(rollouts)
  // Cost doesn't count here, because the strategy determines it and is learned next.
  if (before !== undefined && validation.reward <= before.reward) {
    return reach(training, state, { phase: 'ranking', train, validation: before, refused: validation })
  }
  return reach(training, { ...state, weights: fit }, { phase: 'ranking', train, validation })
}

/** The second half: clones the decisions of the teacher's good trajectories. */
export async function runSft(training: Training, state: Checkpoint): Promise<Checkpoint> {
  const { settings } = training
  const { sft, seed } = settings
  const plan = { weights: state.weights, temperature: sft.temperature, size: sft.rollouts, seed: seed + 2 }
  const tasks = groupTasks(training.training, { ...plan, wants: 'choices' }, settings)
  const results = await playSome(training, tasks, { phase: 'sft' })
  const good = rolloutsOf(results).filter((rollout) => passes(rollout, sft.filter))
  const choices = good.flatMap((rollout) => rollout.choices)
  const start = toVector(state.weights.strategy)
  const { epochs, learningRate } = sft
  const fit = choices.length === 0 ? start : fitStrategy(start, choices, { epochs, learningRate, seed })
  const weights = { ...state.weights, strategy: fromVector(fit) }
  const validation = await validate(training, weights)
  const next = { ...state, weights, usual: usualCostOf(results) }
  return reach(training, next, { phase: 'sft', train: metricsOf(good), validation })
}

/** Both halves at once, with the weights that another training with the same samples and settings got from them. */
export async function adoptPhaseOne(training: Training, state: Checkpoint, weights: Weights): Promise<Checkpoint> {
  return reach(training, { ...state, weights }, { phase: 'sft', validation: await validate(training, weights) })
}

/** The joint filter of phase 1 (paper §3.2). */
export function passes(rollout: PackedRollout, { minF1, minEfficiency }: TrajectoryFilter): boolean {
  return rollout.f1 >= minF1 && (rollout.efficiency ?? 0) >= minEfficiency
}

/** Ends a part of phase 1 with the weights of the state. */
function reach(
  training: Training,
  state: Checkpoint,
  { phase, ...reached }: Omit<HistoryEntry, 'iteration' | 'phase'> & { readonly phase: Checkpoint['phase'] },
): Checkpoint {
  const next = withStep({ ...state, phase, iteration: 0 }, { phase, iteration: 0, ...reached }, state.weights)
  training.save(next)
  return next
}

/**
 * After phase 2 the answer is fitted again, on searches with the best strategy and each of the tool sets, because that
 * strategy reads other files than the teacher did: first the ranking, then the number of answered entries. Each fit is
 * kept if it is better on the held-out samples. Only the best weights change, so phase 2 can be resumed.
 */
export async function refitAnswers(training: Training, begun: Checkpoint): Promise<Checkpoint> {
  const { settings } = training
  let state = begun
  if (state.history.at(-1)?.phase === 'grpo') {
    const fitted: Fitted = (rollouts, weights) => fittedRanking(rollouts, weights, settings)
    state = await refit(training, state, { phase: 'answers', fitted })
  }
  if (state.history.at(-1)?.phase === 'answers') {
    state = await refit(training, state, { phase: 'lengths', fitted: fittedLengths })
  }
  return state
}

type Fitted = (rollouts: readonly PackedRollout[], weights: Weights) => Weights

async function refit(
  training: Training,
  state: Checkpoint,
  { phase, fitted }: { readonly phase: HistoryEntry['phase']; readonly fitted: Fitted },
): Promise<Checkpoint> {
  const { settings } = training
  const weights = state.best?.weights ?? state.weights
  const plan = { weights, temperature: 0, size: 1, seed: settings.seed, wants: 'rankings' } as const
  const tasks = settings.toolSets.flatMap((tools) =>
    groupTasks(training.training, plan, { ...settings, toolSets: [tools] }),
  )
  const rollouts = rolloutsOf(await playSome(training, tasks, { phase }))
  const fit = fitted(rollouts, weights)
  const entry = { phase, iteration: 0, train: metricsOf(rollouts), validation: await validate(training, fit) }
  const next = withStep(state, entry, fit)
  training.save(next)
  return next
}

/** The weights with the lengths of answers fitted: they maximise the expected F1 of each level. */
function fittedLengths(rollouts: readonly PackedRollout[], weights: Weights): Weights {
  const chains = rollouts.flatMap((rollout) => rollout.chains ?? [])
  const parameters = toVector(weights.strategy)
  const none = weights.strategy.none.state
  const fit = (kind: 'add-file' | 'add-function', samples: readonly LengthSample[]): void => {
    const offset = offsetOf(kind)
    const add = parameters.slice(offset, offset + STATE_WIDTH + OWN_WIDTH)
    parameters.set(fitLength({ add, none }, samples), offset)
  }
  const { files, functions } = { files: chains.map((one) => one.files), functions: chains.map((one) => one.functions) }
  fit('add-file', files)
  fit('add-function', functions)
  return { ...weights, strategy: fromVector(parameters) }
}

/** The weights with the whole ranking fitted to the rankings of the rollouts. */
function fittedRanking(
  rollouts: readonly PackedRollout[],
  weights: Weights,
  settings: Pick<TrainSettings, 'ranking'>,
): Weights {
  const rankings = rollouts.flatMap((rollout) => rollout.rankings ?? [])
  const samples = {
    files: rankings.map(({ files }) => files),
    functions: rankings.map(({ functions }) => functions),
  }
  const { term, file, function: ofFunction } = weights
  const anchor = { term: vectorOf(term), file: vectorOf(file), function: vectorOf(ofFunction) }
  const { prior, steps } = settings.ranking
  const fit = fitRankings(samples, { anchor, prior, steps })
  return {
    ...weights,
    term: named(term, fit.term),
    file: named(file, fit.file),
    function: named(ofFunction, fit.function),
  }
}

function vectorOf(weights: object): Float64Array {
  return Float64Array.from(Object.values(weights) as number[])
}

function named<W extends object>(like: W, vector: Float64Array): W {
  return Object.fromEntries(Object.keys(like).map((key, index) => [key, vector[index] ?? 0])) as W
}
