import { fromVector, OWN_WIDTH, offsetOf, STATE_WIDTH, toVector, type Weights } from 'fusesearch/policies'
import type { LengthSample } from '../learn/answer-length.ts'
import { fitLength } from '../learn/fit.ts'
import type { PackedRollout } from '../rollout/group.ts'
import type { Checkpoint, HistoryEntry } from './checkpoint.ts'
import { fittedRanking } from './fitted-ranking.ts'
import { playSome, rolloutsOf } from './fleet.ts'
import { isBetter, metricsOf } from './metrics.ts'
import { groupTasks, type Training } from './training.ts'
import { validate } from './validate.ts'

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
  await training.save(next)
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
