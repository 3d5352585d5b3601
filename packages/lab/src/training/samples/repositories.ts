import { createHash } from 'node:crypto'
import { FuseSearchError } from 'fusesearch/core'
import { type Instance, isEvaluationHistory, isEvaluationRepository, repositoryIdentity } from '../../datasets/index.ts'
import type { FilterName } from './filters.ts'
import { countBy } from './sample.ts'

/** Repositories named in a message; the others are counted. */
const NAMED = 10

/** Repositories that must not be used for training, besides those of the evaluation sets. */
export interface Exclusions {
  /** Identities; see `repositoryIdentity`. */
  readonly excluded: ReadonlySet<string>
}

/** The filter that drops a repository, under any of its names; undefined if it may be used. */
export function filterRepository(repo: string, { excluded }: Exclusions): FilterName | undefined {
  if (isEvaluationRepository(repo)) return 'evaluation-repository'
  return excluded.has(repositoryIdentity(repo)) ? 'excluded-repository' : undefined
}

/**
 * Refuses samples of repositories that evaluations use. `next` tells the user what to do.
 * @throws FuseSearchError `bad-dataset`, naming the repositories and how many samples each has.
 */
export function refuseEvaluation(repos: readonly string[], exclusions: Exclusions, next: string): void {
  const refused = Object.entries(countBy(repos.filter((repo) => filterRepository(repo, exclusions) !== undefined)))
  if (refused.length === 0) return
  const named = refused.slice(0, NAMED).map(([repo, count]) => `${repo} (${count})`)
  const more = refused.length > NAMED ? ` and ${refused.length - NAMED} more` : ''
  const fact = `The input has ${refused.length} repositories of evaluation sets or excluded datasets`
  throw new FuseSearchError(`${fact}: ${named.join(', ')}${more}. ${next}.`, { code: 'bad-dataset' })
}

/**
 * Refuses a history that began with the same commit as an evaluation repository: a clone or fork under another name.
 * @throws FuseSearchError `bad-dataset`.
 */
export function refuseEvaluationHistory(repo: string, rootCommit: string): void {
  if (!isEvaluationHistory(rootCommit)) return
  const fact = `${repo} has the same first commit (${rootCommit.slice(0, 12)}) as a repository of an evaluation set`
  throw new FuseSearchError(`${fact}, so it is a clone or a fork. Mine another.`, { code: 'bad-dataset' })
}

/** How to split. */
export interface SplitRequest {
  /** `owner/name` of each sample. */
  readonly repos: readonly string[]
  /** Share of the samples that the validation side should have; above 0, below 1. */
  readonly validation: number
  readonly seed: number
}

/** A repository with a larger share of the validation side goes to training, if there are others. */
const MAX_SHARE_OF_SIDE = 1 / 3

/**
 * The identities of the repositories for validation. A repository, under all its names, is on one side. The seed and
 * the names decide the order, so a new repository moves few others. A repository that would exceed the share, or be
 * more than a third of the validation side, is passed over. Both sides have at least one.
 * @throws FuseSearchError `bad-dataset` when there are fewer than two repositories.
 */
export function chooseValidation({ repos, validation, seed }: SplitRequest): ReadonlySet<string> {
  const counts = Object.entries(countBy(repos.map(repositoryIdentity)))
  if (counts.length < 2) {
    const message = `The samples come from ${counts.length} repository. A split needs samples of at least two, because each repository goes to one side.`
    throw new FuseSearchError(message, { code: 'bad-dataset' })
  }
  const keyed = counts.map(([name, count]) => ({ name, count, key: keyOf(name, seed) }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  const target = repos.length * validation
  const small = keyed.filter(({ count }) => count <= target * MAX_SHARE_OF_SIDE)
  const chosen = new Set<string>()
  let taken = 0
  for (const { name, count } of small.length > 0 ? small : keyed) {
    if (taken + count > target || chosen.size === counts.length - 1) continue
    chosen.add(name)
    taken += count
  }
  if (chosen.size > 0) return chosen
  // Every one exceeds the share: take the smallest.
  const [smallest] = keyed.sort((a, b) => a.count - b.count || (a.key < b.key ? -1 : 1))
  return new Set(smallest === undefined ? [] : [smallest.name])
}

function keyOf(name: string, seed: number): string {
  return createHash('sha256').update(`${seed} ${name}`).digest('hex')
}

/**
 * At most `most` instances, spread over the repositories: the first of each, then the second of each, and so on. A file
 * groups the samples of a repository, so its beginning has few repositories.
 */
export function spreadOverRepositories(instances: readonly Instance[], most: number): readonly Instance[] {
  const turns = new Map<string, number>()
  const rounds = instances.map((instance) => {
    const round = turns.get(instance.repo) ?? 0
    turns.set(instance.repo, round + 1)
    return { instance, round }
  })
  return rounds
    .sort((a, b) => a.round - b.round)
    .slice(0, most)
    .map(({ instance }) => instance)
}
