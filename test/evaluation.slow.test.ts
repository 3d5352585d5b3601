import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runFusesearch, startFusesearch } from './support/command.ts'
import { git, temporaryFolder, tinyRepository } from './support/folder.ts'
import { instance, makeDataset, readRows } from './support/shop-dataset.ts'

describe('evaluation from the command line', () => {
  beforeAll(ensureBuilt)

  test('a run killed at any moment continues with the same command; nothing is lost or counted twice', async () => {
    const { folder, dataset, flags } = makeDataset()
    const out = join(folder, 'run')
    const run = ['eval', dataset, ...flags, '--out', out, '--quiet', '-p', 'embedded,sequential']
    for (const delayMs of [300, 700, 1_100]) {
      await startFusesearch(run, { onStart: (id) => setTimeout(() => stop(id), delayMs) })
    }
    if (existsSync(join(out, 'rows.jsonl')))
      writeFileSync(join(out, 'rows.jsonl'), '{"version":1,"id":"s-', { flag: 'a' })
    const last = await runFusesearch(run)
    expect(last.code, last.stderr).toBe(1)
    const keys = readRows(out).map(({ id, policy }) => `${policy} ${id}`)
    expect(keys).toHaveLength(8)
    expect(new Set(keys).size).toBe(8)
    const again = await runFusesearch([...run, '--retry-failed'])
    expect(again.code).toBe(1)
    const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))
    expect(summary.policies[0].subsets.all.instances).toBe(4)
    expect(summary.cost.added).toBe(2)
    const other = await runFusesearch([...run, '--seed', '7'])
    expect(other.code).toBe(2)
    expect(other.stderr).toMatch(/has a different run: it differs in seed\./)
  })

  test('any id has a trajectory, and the run is resumed', async () => {
    const repository = tinyRepository()
    const base = git(repository, 'rev-parse', 'HEAD').trim()
    const ids = [
      'x'.repeat(300),
      `${'x'.repeat(299)}y`,
      '\u00e9'.repeat(200),
      'a/b',
      '../../escape',
      '..',
      'a\0b',
      'a\nb',
      '\u4f60\u597d',
      '\uD83D\uDE00',
      'Case',
      'case',
      '%2e',
      '.hidden',
      'C:\\x',
      '-e',
    ]
    const folder = temporaryFolder()
    const dataset = join(folder, 'odd.jsonl')
    writeFileSync(dataset, ids.map((id) => `${instance(id, base)}\n`).join(''))
    const out = join(folder, 'out/run')
    const run = ['eval', dataset, '--repos', repository, '--cache', join(folder, 'cache'), '--out', out]
    const first = await runFusesearch(run)
    expect(first).toMatchObject({ code: 0 })
    const rows = readRows(out)
    expect(rows.map(({ id, status }) => `${status} ${id}`)).toEqual(ids.map((id) => `done ${id}`))
    const paths = rows.map(({ trajectory }) => trajectory ?? '')
    expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(ids.length)
    for (const path of paths) expect(readFileSync(join(out, path), 'utf8')).toContain('"kind":"end"')
    expect(readdirSync(folder).sort()).toEqual(['cache', 'odd.jsonl', 'out'])
    expect(readdirSync(join(folder, 'out'))).toEqual(['run'])
    // A killed run continues with the same files.
    const text = readFileSync(join(out, 'rows.jsonl'), 'utf8')
    writeFileSync(join(out, 'rows.jsonl'), text.split('\n').slice(3, 9).join('\n'))
    expect(await runFusesearch(run)).toMatchObject({ code: 0 })
    const again = readRows(out)
    expect(again.map(({ id }) => id).sort()).toEqual(ids.toSorted())
    expect(again.map(({ trajectory }) => trajectory ?? '').sort()).toEqual(paths.toSorted())
    expect(readdirSync(join(out, 'trajectories/embedded'))).toHaveLength(ids.length)
  })
})

function stop(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL')
  } catch {
    // It was already finished.
  }
}
