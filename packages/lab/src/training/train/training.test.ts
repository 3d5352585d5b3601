import { HAND_WEIGHTS } from 'fusesearch/policies'
import { ALL_TOOLS, PAPER_TOOLS } from 'fusesearch/search'
import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from './settings.ts'
import { groupTasks } from './training.ts'

const PLAN = { weights: HAND_WEIGHTS, temperature: 1, size: 2, seed: 0 }

test('groups alternate between the tool sets, and each group uses one', () => {
  const settings = { ...DEFAULT_SETTINGS, toolSets: [PAPER_TOOLS, ALL_TOOLS] }
  const tasks = groupTasks([4, 6, 8], PLAN, settings)
  expect(tasks.map(({ sample }) => sample)).toEqual([4, 6, 8])
  expect(tasks.map((task) => task.settings.tools)).toEqual([PAPER_TOOLS, ALL_TOOLS, PAPER_TOOLS])
  expect(new Set(tasks.flatMap(({ seeds }) => seeds)).size).toBe(6)
})
