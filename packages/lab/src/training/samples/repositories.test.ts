import { describe, expect, it, test } from 'vitest'
import type { Instance } from '../../datasets/index.ts'
import { chooseValidation, spreadOverRepositories } from './repositories.ts'

const repos = ['a/a', 'a/a', 'b/b', 'c/c', 'c/c', 'd/d', 'e/e', 'E/E', 'pycqa/astroid', 'PyLint-dev/astroid']

describe('chooseValidation', () => {
  it('takes whole repositories, never more than the share, and is deterministic', () => {
    const chosen = chooseValidation({ repos, validation: 0.4, seed: 0 })
    expect(chosen).toEqual(chooseValidation({ repos: [...repos].reverse(), validation: 0.4, seed: 0 }))
    const samples = repos.filter((repo) => chosen.has(repo.toLowerCase().replace('pycqa', 'pylint-dev')))
    expect(samples.length).toBeGreaterThan(0)
    expect(samples.length).toBeLessThanOrEqual(4)
  })

  it('depends on the seed', () => {
    const all = [0, 1, 2, 3, 4].map((seed) => [...chooseValidation({ repos, validation: 0.3, seed })].join())
    expect(new Set(all).size).toBeGreaterThan(1)
  })

  it('takes no repository that would dominate the side', () => {
    const uneven = [
      ...Array.from({ length: 20 }, () => 'big/big'),
      ...Array.from({ length: 80 }, (_, i) => `r/${i % 16}`),
    ]
    for (const seed of [0, 1, 2, 3]) {
      const chosen = chooseValidation({ repos: uneven, validation: 0.2, seed })
      expect(chosen.has('big/big')).toBe(false)
      expect(chosen.size).toBe(4)
    }
  })

  it('takes the smallest if each exceeds the share, and refuses a single repository', () => {
    expect([...chooseValidation({ repos: ['a/a', 'a/a', 'b/b'], validation: 0.01, seed: 0 })]).toEqual(['b/b'])
    expect(() => chooseValidation({ repos: ['a/a', 'A/a'], validation: 0.2, seed: 0 })).toThrow(/at least two/)
  })
})

test.each([
  [2, ['a1', 'b1']],
  [4, ['a1', 'b1', 'c1', 'a2']],
  [9, ['a1', 'b1', 'c1', 'a2', 'c2', 'a3']],
  [0, []],
])('takes %i of three repositories in rounds', (most, ids) => {
  const instances = ['a1', 'a2', 'a3', 'b1', 'c1', 'c2'].map(instanceOf)
  expect(spreadOverRepositories(instances, most).map(({ id }) => id)).toEqual(ids)
})

function instanceOf(id: string): Instance {
  return { id, repo: `owner/${id[0]}` } as Instance
}
