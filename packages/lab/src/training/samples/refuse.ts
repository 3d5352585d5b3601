import { FuseSearchError } from 'fusesearch/core'
import { isEvaluationHistory, isEvaluationRepository, repositoryIdentity } from '../../datasets/index.ts'
import type { FilterName } from './filters.ts'
import { countBy } from './tally.ts'

/** Repositories named in a message; the others are counted. */
const NAMED = 10

/** Repositories that nothing may be learned from: those of the evaluation sets, and more on request. */
export interface Exclusions {
  /** Identities; see `repositoryIdentity`. */
  readonly excluded: ReadonlySet<string>
}

/** The filter that a repository falls to, under whatever name; undefined for one to learn from. */
export function filterRepository(repo: string, { excluded }: Exclusions): FilterName | undefined {
  if (isEvaluationRepository(repo)) return 'evaluation-repository'
  return excluded.has(repositoryIdentity(repo)) ? 'excluded-repository' : undefined
}

/**
 * Refuses samples of repositories that final numbers are measured on. `next` says what the caller may do.
 * @throws FuseSearchError `bad-dataset`, naming the repositories and how many samples each has.
 */
export function refuseEvaluation(repos: readonly string[], exclusions: Exclusions, next: string): void {
  const refused = Object.entries(countBy(repos.filter((repo) => filterRepository(repo, exclusions) !== undefined)))
  if (refused.length === 0) return
  const named = refused.slice(0, NAMED).map(([repo, count]) => `${repo} (${count})`)
  const more = refused.length > NAMED ? ` and ${refused.length - NAMED} more` : ''
  const fact = `Evaluation sets or excluded datasets share ${refused.length} repositories with the input`
  throw new FuseSearchError(`${fact}: ${named.join(', ')}${more}. ${next}.`, { code: 'bad-dataset' })
}

/**
 * Refuses a history that began with the same commit as an evaluation repository: a clone or fork under another name.
 * @throws FuseSearchError `bad-dataset`.
 */
export function refuseEvaluationHistory(repo: string, rootCommit: string): void {
  if (!isEvaluationHistory(rootCommit)) return
  const fact = `${repo} began with the commit ${rootCommit.slice(0, 12)}, as a repository of an evaluation set did`
  throw new FuseSearchError(`${fact}: it is a clone or a fork of it. Mine another.`, { code: 'bad-dataset' })
}
