import type { Instance } from '../../datasets/index.ts'

/**
 * At most so many instances, spread over the repositories: the first of each, then the second of each, and so on, in
 * the order in which they came. A file holds a repository's samples together, so its beginning is of few.
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
