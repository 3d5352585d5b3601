import { createHash } from 'node:crypto'
import { FuseSearchError } from 'fusesearch/core'
import { repositoryIdentity } from '../../datasets/index.ts'
import { countBy } from './tally.ts'

/** How to split. */
export interface SplitRequest {
  /** `owner/name` of each sample. */
  readonly repos: readonly string[]
  /** Share of the samples that the validation side should have; above 0, below 1. */
  readonly validation: number
  readonly seed: number
}

/** A repository with more of the validation side than this is left to training where others can be had. */
const MAX_SHARE_OF_SIDE = 1 / 3

/**
 * The identities of the repositories whose samples are for validation. Whole repositories, under all their names, are
 * on one side. Which come first depends on the seed and their names alone, so a new repository moves few others;
 * one that would exceed the share, or be more than a third of that side, is passed over. Both sides have at least one.
 * @throws FuseSearchError `bad-dataset` when there are fewer than two repositories.
 */
export function chooseValidation({ repos, validation, seed }: SplitRequest): ReadonlySet<string> {
  const counts = Object.entries(countBy(repos.map(repositoryIdentity)))
  if (counts.length < 2) {
    const message = `The samples come from ${counts.length} repository; whole repositories go to one side, so give samples of at least two.`
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
  // Every one exceeds the share: the smallest does so least.
  const [smallest] = keyed.sort((a, b) => a.count - b.count || (a.key < b.key ? -1 : 1))
  return new Set(smallest === undefined ? [] : [smallest.name])
}

function keyOf(name: string, seed: number): string {
  return createHash('sha256').update(`${seed} ${name}`).digest('hex')
}
