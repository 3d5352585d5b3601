import { expect, test } from 'vitest'
import type { Instance } from '../../datasets/index.ts'
import { spreadOverRepositories } from './spread.ts'

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
