import { fromVector, OWN_WIDTH, offsetOf, STATE_WIDTH, toVector, type Weights } from 'fusesearch/policies'
import { fitLength, fitRankings, fitStrategy } from '../learn/fit.ts'
import type { LengthSample } from '../learn/length-loss.ts'
import type { PackedRollout } from '../rollout/play.ts'
import type { Checkpoint, HistoryEntry } from './checkpoint.ts'
import { spendingOf } from './grpo.ts'
import { isBetter, type Metrics, metricsOf, validate } from './metrics.ts'
import type { TrainSettings, TrajectoryFilter } from './settings.ts'
import { groupTasks, playSome, rolloutsOf, type Training } from './training.ts'

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
  training.save(next)
  return next
}

/**
 * What follows phase 2: the answer is fitted to the searches that the best strategy makes, with each of the tool sets. It
 * reads other files than the teacher did. First the ranking, then how many entries of it are answered; each is kept where
 * the held-out samples gain. Only the best weights change, so that phase 2 can go on from where it was.
 */
export async function refitAnswers(training: Training, begun: Checkpoint): Promise<Checkpoint> {
  let state = begun
  if (state.history.at(-1)?.phase === 'grpo') {
    state = await refit(training, state, { phase: 'answers', fitted: ofRanking(training) })
  }
  if (state.history.at(-1)?.phase === 'answers') {
    state = await refit(training, state, { phase: 'lengths', fitted: withLengths })
  }
  return state
}

type Fitted = (rollouts: readonly PackedRollout[], weights: Weights) => Weights

function ofRanking({ settings }: Training): Fitted {
  return (rollouts, weights) => fittedRanking(rollouts, weights, settings)
}

async function refit(
  training: Training,
  state: Checkpoint,
  { phase, fitted }: { readonly phase: HistoryEntry['phase']; readonly fitted: Fitted },
): Promise<Checkpoint> {
  const { settings, fleet } = training
  const weights = state.best?.weights ?? state.weights
  const plan = { weights, temperature: 0, wantsPicks: false, wantsRankings: true, size: 1, seed: settings.seed }
  const tasks = settings.toolSets.flatMap((tools) =>
    groupTasks(training.training, plan, { ...settings, toolSets: [tools] }),
  )
  const rollouts = rolloutsOf(await playSome(fleet, tasks, training.tell(phase, 0, tasks.length)))
  const fit = fitted(rollouts, weights)
  const validation = await validate(training, fit)
  const isKept = isBetter(validation, state.best?.reward ?? -Infinity, state.history[0]?.validation)
  const history = [...state.history, { phase, iteration: 0, train: metricsOf(rollouts), validation }]
  const best = isKept ? { weights: fit, reward: validation.reward, entry: history.length - 1 } : state.best
  const next: Checkpoint = { ...state, history, best }
  training.save(next)
  return next
}

/** The weights with the lengths of answers fitted: the expected F1 of each level is made the most of. */
function withLengths(rollouts: readonly PackedRollout[], weights: Weights): Weights {
  const chains = rollouts.flatMap((rollout) => rollout.chains ?? [])
  const parameters = toVector(weights.strategy)
  const none = weights.strategy.none.state
  const fit = (kind: 'add-file' | 'add-function', samples: readonly LengthSample[]): void => {
    const offset = offsetOf(kind)
    const add = parameters.slice(offset, offset + STATE_WIDTH + OWN_WIDTH)
    parameters.set(fitLength({ add, none }, samples), offset)
  }
  fit(
    'add-file',
    chains.map(({ files }) => files),
  )
  fit(
    'add-function',
    chains.map(({ functions }) => functions),
  )
  return { ...weights, strategy: fromVector(parameters) }
}

/** The weights with all that ranks fitted to the rankings of the rollouts, from where it was. */
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
