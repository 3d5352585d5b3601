import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runFusesearch } from './support/command.ts'
import { git, temporaryFolder, tinyRepository } from './support/folder.ts'
import { instance, makeDataset, readRows } from './support/shop-dataset.ts'

describe('evaluation from the command line', () => {
  beforeAll(ensureBuilt)

  test('eval writes rows, trajectories and a report; a failed instance is a row and counts as zero', async () => {
    const { folder, dataset, flags } = makeDataset()
    const out = join(folder, 'run')
    const run = ['eval', dataset, ...flags, '--out', out, '--jobs', '2', '-p', 'embedded,bm25', '--json']
    const result = await runFusesearch(run)
    expect(result.stderr).toContain('8/8')
    expect(result.code).toBe(1)
    const summary = JSON.parse(result.stdout)
    expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))).toEqual(summary)
    const [embedded, bm25] = summary.policies
    expect(embedded.policy).toBe('embedded')
    expect(embedded.subsets.all).toMatchObject({ instances: 4, failed: 1, file: { f1: { n: 4, value: 75 } } })
    expect(bm25.subsets.all.search.byTurn).toEqual([])
    expect(summary.keptIds).toEqual(['s-1', 's-2', 's-3'])
    const rows = readRows(out)
    expect(rows).toHaveLength(8)
    expect(rows.filter(({ status }) => status === 'failed').map(({ id, error }) => `${id} ${error?.code}`)).toEqual([
      's-4 unknown-commit',
      's-4 unknown-commit',
    ])
    for (const { trajectory } of rows) if (trajectory !== null) expect(existsSync(join(out, trajectory))).toBe(true)
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('"kind":"evaluation"')
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toContain('## Cost of a search')
    expect(existsSync(join(out, 'figure.svg'))).toBe(false)
    // No commit after the base is reachable, although the same object store has one.
    expect(readFileSync(join(out, 'rows.jsonl'), 'utf8')).not.toContain('later.py')
    const compared = await runFusesearch([
      'compare',
      `${out}:embedded`,
      `${out}:bm25`,
      '--page',
      join(folder, 'compared.html'),
    ])
    expect(compared.code, compared.stderr).toBe(0)
    expect(compared.stdout).toContain('all, file F1')
    expect(readFileSync(join(folder, 'compared.html'), 'utf8')).toContain('"policy":"bm25"')
    const foreign = join(folder, 'foreign')
    cpSync(out, foreign, { recursive: true })
    writeFileSync(join(folder, 'outside.jsonl'), 'kept to itself')
    execFileSync('mkfifo', [join(foreign, 'pipe')])
    const [outside, pipe] = ['../outside.jsonl', 'pipe']
    const altered = rows.map((row) => ({
      ...row,
      trajectory: row.id === 's-1' ? outside : row.id === 's-2' ? pipe : null,
    }))
    writeFileSync(join(foreign, 'rows.jsonl'), `${altered.map((row) => JSON.stringify(row)).join('\n')}\n`)
    const page = join(folder, 'foreign.html')
    const refused = await runFusesearch(['compare', `${foreign}:embedded`, `${foreign}:bm25`, '--page', page])
    expect(refused.code, refused.stderr).toBe(0)
    const [notice] = /Left out \d+ trajectories that can't be read[^"]*/.exec(readFileSync(page, 'utf8')) ?? []
    // Rows are in the order in which their searches ended.
    expect(notice).toMatch(
      /^Left out 4 trajectories that can't be read\. (?:\.\.\/outside\.jsonl|pipe) isn't a file in the folder of its run$/,
    )
    const pooled = await runFusesearch(['compare', `${out}:embedded,${out}:embedded`, `${out}:bm25`, '--json'])
    expect(JSON.parse(pooled.stdout).instances).toBe(4)
    const both = await runFusesearch(['compare', out, out])
    expect(both.stderr).toMatch(/holds several policies\. Name one of .*:embedded/)
  })

  test('gold and score print the documented output, and name what they leave out', async () => {
    const { folder, dataset, flags } = makeDataset()
    const gold = await runFusesearch(['gold', dataset, ...flags])
    expect(gold.code).toBe(1)
    expect(gold.stderr).toMatch(/s-4: .*has no commit/)
    expect(JSON.parse(gold.stdout.split('\n')[0] ?? '')).toEqual({
      instance_id: 's-1',
      files: ['shop/cart.py'],
      functions: [{ path: 'shop/cart.py', name: 'Cart.apply_discount', startLine: 10, endLine: 14 }],
      addsFile: false,
      addsFunction: false,
      kept: true,
    })
    const predictions = join(folder, 'p.jsonl')
    const lines = [
      { instance_id: 's-1', files: ['shop/cart.py', 'shop/x.py'], functions: ['shop/cart.py:Cart.apply_discount'] },
      { instance_id: 's-2', found_files: ['shop/cart.py'], found_entities: ['shop/cart.py:Cart.total'] },
    ]
    writeFileSync(predictions, lines.map((line) => JSON.stringify(line)).join('\n'))
    const score = await runFusesearch(['score', dataset, ...flags, '--predictions', predictions, '--json'])
    expect(score.code).toBe(1)
    const { scores, missing, withoutGold } = JSON.parse(score.stdout)
    expect({ missing, withoutGold }).toEqual({ missing: ['s-3'], withoutGold: ['s-4'] })
    // Three with gold: 2/3, 1 and nothing; functions 1, 0 and nothing.
    expect(scores[0]).toMatchObject({
      size: null,
      subset: 'all',
      file: { f1: { n: 3, value: 55.6 } },
      function: { f1: { value: 33.3 } },
    })
    expect(scores[2]).toMatchObject({ size: 1, file: { f1: { value: 66.7 } } })
    writeFileSync(predictions, '{"instance_id":"elsewhere-1","files":[]}')
    const unknown = await runFusesearch(['score', dataset, ...flags, '--predictions', predictions])
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('elsewhere-1')
  })

  test('an unknown policy, and a folder without a run, are reported', async () => {
    const { folder, dataset, flags } = makeDataset()
    const wrong = await runFusesearch(['eval', dataset, ...flags, '--out', join(folder, 'r'), '-p', 'embeded'])
    expect(wrong.stderr).toMatch(/no policy "embeded".*embedded, sequential/)
    expect(existsSync(join(folder, 'r'))).toBe(false)
    const none = await runFusesearch(['compare', folder, folder])
    expect(none.stderr).toMatch(/isn't a run/)
  })

  test('clones and searches a repository with a long name', async () => {
    const repository = tinyRepository()
    const base = git(repository, 'rev-parse', 'HEAD').trim()
    const folder = temporaryFolder()
    const dataset = join(folder, 'long.jsonl')
    const names = [`${'o'.repeat(300)}/${'n'.repeat(300)}`, `${'o'.repeat(300)}/${'n'.repeat(299)}m`]
    const rows = names.map((repo, index) => ({ ...JSON.parse(instance(`s-${index}`, base)), repo }))
    writeFileSync(dataset, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const places = ['--repos', `file://${repository}`, '--cache', join(folder, 'cache'), '--out', join(folder, 'run')]
    const result = await runFusesearch(['eval', dataset, ...places])
    expect(readRows(join(folder, 'run')).map(({ status }) => status)).toEqual(['done', 'done'])
    expect(result.code).toBe(0)
    expect(readdirSync(join(folder, 'cache/clones'))).toHaveLength(2)
  })
})
