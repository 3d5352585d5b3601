import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { ensureBuilt, runFusesearch } from './support/command.ts'
import { temporaryFolder } from './support/folder.ts'
import { writeTinySplit } from './support/tiny-samples.ts'

beforeAll(ensureBuilt)

test('ablate plays as much as requested, and describes its tables', async () => {
  const folder = temporaryFolder()
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  writeTinySplit(folder)
  const samples = ['train.jsonl', '--validation', 'validation.jsonl', '--repos', '{owner}+{name}', '--cache', 'cache']
  const size = ['--iterations', '1', '--samples-per-iteration', '2', '--group', '2', '--rollouts', '1', '--seeds', '1']
  const args = ['ablate', ...samples, '--quiet', ...size, '--out', 'ablation']
  const result = await runFusesearch(args, { cwd: folder })
  expect(result.code, result.stderr).toBe(0)
  const [table, data] = [read('ablation/ablation.md'), JSON.parse(read('ablation/ablation.json'))]
  expect(table).toContain('Trained on train.jsonl (8 samples of 2 repositories)')
  expect(table).toContain('1 updates of 2 samples × 2 rollouts')
  expect(table.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(11)
  expect(table).not.toContain('-0.0')
  expect(data).toMatchObject({ schema: 'fusesearch-ablation', settings: { grpo: { iterations: 1 } } })
  expect(data.rows).toHaveLength(10)
})
