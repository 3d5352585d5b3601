import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Instance, loadDataset } from '../../packages/lab/src/datasets/index.ts'
import {
  type EnvironmentOptions,
  type EnvironmentServer,
  type EpisodeSettings,
  startEnvironment,
} from '../../packages/lab/src/environment/index.ts'
import { createPreparer, type Preparer } from '../../packages/lab/src/evaluation/index.ts'
import { DEFAULT_REWARD } from '../../packages/lab/src/training/index.ts'
import { git, importCommits, lastingFolder, patchesOf, SHOP, temporaryFolder, writeFiles } from './folder.ts'

/** Generated repositories with one fix each, as a dataset. */
export interface TinyWorld {
  readonly instances: readonly Instance[]
  readonly dataset: string
  /** Template of `--repos`. */
  readonly repos: string
  readonly cacheDir: string
  preparer(): Preparer
}

/** Each repository has its own function, `mend_N` in `part_N/core.py`, which the fix changes. */
export async function tinyWorld(count = 1, folder = temporaryFolder()): Promise<TinyWorld> {
  const rows = Array.from({ length: count }, (_, index) => makeRow(folder, index))
  const dataset = join(folder, 'tasks.jsonl')
  writeFiles(folder, { 'tasks.jsonl': rows.map((row) => `${JSON.stringify(row)}\n`).join('') })
  const cacheDir = join(folder, 'cache')
  const repos = join(folder, 'repos/{owner}+{name}')
  const { instances } = await loadDataset(dataset)
  const preparer = (): Preparer => createPreparer({ template: repos, cacheDir, environment: process.env })
  return { instances, dataset, repos, cacheDir, preparer }
}

function makeRow(folder: string, index: number): object {
  made ??= lastingFolder()
  const clone = join(made, `tiny+part${index}`)
  const row = madeRows.get(index) ?? makeRepository(clone, index)
  madeRows.set(index, row)
  cpSync(clone, join(folder, `repos/tiny+part${index}`), { recursive: true })
  return row
}

/** The repositories that this worker has made, for worlds to copy, and their rows. */
let made: string | undefined
const madeRows = new Map<number, object>()

/** A row of a dataset and, as a clone has it, its repository. */
function makeRepository(clone: string, index: number): object {
  const core = (value: number): string =>
    `class Core:\n    def mend_${index}(self):\n        return ${value}\n\n\ndef other():\n    return 0\n`
  const files = { ...SHOP, [`part_${index}/core.py`]: core(1) }
  const origin = `${clone}.origin`
  importCommits(origin, [files, { [`part_${index}/core.py`]: core(2) }])
  const [first, fix] = patchesOf(origin)
  git(origin, 'clone', '--quiet', '--template=', origin, clone)
  return {
    instance_id: `tiny-${index}`,
    repo: `tiny/part${index}`,
    base_commit: first?.commit,
    patch: fix?.patch,
    problem_statement: `Core.mend_${index} gives 1 where 2 is due; see part_${index}.`,
  }
}

/** The calls that find and answer the task of that repository. */
export function solution(index: number) {
  const path = `part_${index}/core.py`
  return {
    search: [
      { id: 'a', name: 'grep', arguments: { pattern: `mend_${index}` } },
      { id: 'b', name: 'read_file', arguments: { path } },
    ],
    answer: [
      { id: 'z', name: 'answer', arguments: { files: [{ path, functions: [{ name: `Core.mend_${index}` }] }] } },
    ],
  }
}

/** The settings of its episodes. */
export const TINY_SETTINGS: EpisodeSettings = {
  maxTurns: 4,
  maxBreadth: 4,
  breadth: 'adaptive',
  tools: ['grep', 'glob', 'read_file'],
  reward: DEFAULT_REWARD,
}

/** A running environment over a generated world; ends with the test. */
export async function startTiny(
  world: TinyWorld,
  options: Partial<EnvironmentOptions> = {},
): Promise<EnvironmentServer & { readonly failures: unknown[] }> {
  const failures: unknown[] = []
  const server = await serveTiny(world, { onFailure: (error) => failures.push(error), ...options })
  onTestFinished(() => server.close())
  return { ...server, failures }
}

/** The same, ended by its caller. */
export function serveTiny(world: TinyWorld, options: Partial<EnvironmentOptions>): Promise<EnvironmentServer> {
  return startEnvironment({
    splits: [{ name: 'train', instances: world.instances }],
    preparer: world.preparer(),
    settings: TINY_SETTINGS,
    port: 0,
    version: '0',
    ...options,
  })
}
