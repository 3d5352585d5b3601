import type { Weights } from 'fusesearch/policies'
import { fitRankings } from '../learn/fit.ts'
import type { PackedRollout } from '../rollout/group.ts'
import type { TrainSettings } from './settings.ts'

/** The weights with all that ranks fitted to the rankings of the rollouts, from where it was. */
export function fittedRanking(
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
