import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { git, temporaryFolder, tinyRepository } from '../support/folder.ts'
import { instance } from '../support/shop-dataset.ts'

/** A repository and this many instances of it; the last one has a missing commit. */
export function makeInstances(count: number) {
  const repository = tinyRepository()
  const base = git(repository, 'rev-parse', 'HEAD').trim()
  const folder = temporaryFolder()
  const dataset = join(folder, 'tiny.jsonl')
  const lines = Array.from({ length: count }, (_, index) =>
    instance(
      `s-${index + 1}`,
      index + 1 === count ? 'f'.repeat(40) : base,
      `apply_discount rounds the price down: ${index}% of 99 is lost. Cart.apply_discount should not.`,
    ),
  )
  writeFileSync(dataset, `${lines.join('\n')}\n`)
  return { folder, repository, dataset, places: ['--repos', repository, '--cache', join(folder, 'cache')] }
}

/** A row of a run. */
export interface Row {
  readonly id: string
  readonly policy: string
  readonly status: string
  readonly error?: { readonly code: string; readonly message: string }
}

/** The rows of a run from its file. */
export function readRows(run: string): Row[] {
  const lines = readFileSync(join(run, 'rows.jsonl'), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row)
}

/** Names of fields that hold times. */
const TIMES = ['ms', 'callMs', 'setupMs']

/** Rows without times, sorted: what two equal runs must have in common. */
export function withoutTimes(run: string): string[] {
  return readRows(run)
    .map((row) => JSON.stringify(row, (key, value: unknown) => (TIMES.includes(key) ? undefined : value)))
    .sort()
}

/** The trajectories of a run without times, by their paths. */
export function trajectories(run: string): [string, string][] {
  const folder = join(run, 'trajectories')
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.jsonl'))
  return paths.sort().map((path) => {
    const lines = readFileSync(join(folder, path), 'utf8').split('\n').filter(Boolean)
    const plain = lines.map((line) =>
      JSON.stringify(JSON.parse(line), (key, value: unknown) => (TIMES.includes(key) ? undefined : value)),
    )
    return [path, plain.join('\n')]
  })
}
