import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../../test/support/folder.ts'
import { describeBadRow, loadDataset } from './load.ts'
import { repositoryIdentity } from './repositories.ts'

const BASE = 'a'.repeat(40)
const row = {
  instance_id: 'o__r-1',
  repo: 'o/r',
  base_commit: BASE,
  problem_statement: 'It breaks',
  patch: 'diff --git a/x b/x\n',
}

function file(content: string | Uint8Array, name = 'data.jsonl'): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}

const jsonl = (...rows: unknown[]): string => file(rows.map((one) => JSON.stringify(one)).join('\n'))
const loadOne = async (value: unknown) => (await loadDataset(jsonl(value))).instances[0]

describe('loadDataset', () => {
  it("reads SWE-bench's format, including unknown fields and nulls", async () => {
    const path = jsonl({
      ...row,
      created_at: '2022-03-03T15:14:54Z',
      hints_text: null,
      difficulty: null,
      repo_language: 'Go',
    })
    const instance = { id: 'o__r-1', repo: 'o/r', baseCommit: BASE, issue: 'It breaks', patch: row.patch }
    const place = { source: path, line: 1, createdAt: '2022-03-03T15:14:54Z', language: 'go' }
    expect(await loadDataset(path)).toEqual({ instances: [{ ...instance, ...place }], skipped: [] })
  })

  it("reads Multi-SWE-bench's format", async () => {
    const multi = { org: 'alibaba', repo: 'fastjson2', number: 2775, base: { label: 'x', ref: 'main', sha: BASE } }
    const issues = {
      title: 'PR title',
      body: 'PR body',
      resolved_issues: [{ number: 1, title: 'Issue', body: 'text' }],
    }
    const expected = { id: 'alibaba__fastjson2-2775', repo: 'alibaba/fastjson2', baseCommit: BASE, patch: row.patch }
    const parts = { ...multi, ...issues, fix_patch: row.patch }
    expect(await loadOne(parts)).toMatchObject({ ...expected, issue: 'Issue\ntext' })
    // In Parquet, nested fields are JSON text.
    const nested = { ...parts, base: JSON.stringify(multi.base), resolved_issues: '[]' }
    expect(await loadOne(nested)).toMatchObject({ ...expected, issue: 'PR title\nPR body' })
  })

  it("reads Denchmark's format: the fix, files and functions", async () => {
    const files = [
      { change_type: 'MODIFY', old_path: 'a.cc', new_path: 'a.cc', hunks: [] },
      { change_type: 'RENAME', old_path: 'old.py', new_path: 'new.py', hunks: [] },
      { change_type: 'ADD', old_path: null, new_path: 'added.py', hunks: [] },
    ]
    const { base_commit: _, patch: __, ...rest } = row
    const instance = await loadOne({ ...rest, fix_commit: BASE, files, functions: ['a.cc::ns::Class::run'] })
    expect(instance).toMatchObject({ fixCommit: BASE })
    const functions = [{ path: 'a.cc', name: 'ns::Class::run' }]
    expect(instance?.declared).toEqual({ files: ['a.cc', 'old.py'], added: ['added.py'], functions })
    expect(instance?.baseCommit).toBeUndefined()
  })

  it('recognizes Parquet by its first bytes, and reads a JSON array', async () => {
    const parquet = await loadDataset(file(Buffer.from(TWO_ROWS_PARQUET, 'base64'), 'test-00000-of-00001.bin'))
    expect(parquet.instances.map(({ id, issue, line }) => [id, issue, line])).toEqual([
      ['o__r-1', 'first é', 1],
      ['o__r-2', 'second', 2],
    ])
    const array = await loadDataset(file(JSON.stringify([row]), 'data.json'))
    expect(array.instances).toHaveLength(1)
  })

  const badRows: [string, object, RegExp][] = [
    ['no id', { ...row, instance_id: undefined }, /no instance_id/],
    ['no commit', { ...row, base_commit: '' }, /neither base_commit nor fix_commit/],
    ['an empty issue', { ...row, problem_statement: ' ' }, /issue text is empty/],
    ['no patch', { ...row, patch: null }, /neither a patch nor files/],
    ['a number for a repository', { ...row, repo: 7 }, /repo/],
    ['half a repository', { ...row, repo: 'django' }, /owner\/name/],
  ]
  it.each(badRows)('names the line of a row with %s, and skips it on request', async (_, bad, reason) => {
    const path = jsonl({ ...row, instance_id: 'good' }, bad)
    const error = await loadDataset(path).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'bad-dataset', message: expect.stringContaining(`${path}:2`) })
    const { instances, skipped } = await loadDataset(path, { skipBad: true })
    expect([instances.length, skipped.length]).toEqual([1, 1])
    expect(skipped.map(describeBadRow).join()).toMatch(reason)
  })

  it('treats a repeated id and broken JSON as bad rows, and ignores blank lines', async () => {
    const path = file(`${JSON.stringify(row)}\n\n${JSON.stringify(row)}\n{"instance_id": "cut`)
    const { instances, skipped } = await loadDataset(path, { skipBad: true })
    expect(instances).toHaveLength(1)
    expect(skipped.map(({ line }) => line)).toEqual([3, 4])
    expect(skipped[0]?.message).toContain('already on line 1')
  })

  it.each([
    ['', /empty/],
    ['[]', /empty/],
    ['{"a": 1}', /has no instances/],
  ])('refuses %j', async (content, reason) => {
    await expect(loadDataset(file(content), { skipBad: true })).rejects.toThrowError(reason)
  })

  it('reports a missing file', async () => {
    await expect(loadDataset('/nowhere/data.jsonl')).rejects.toMatchObject({
      code: 'bad-dataset',
      message: 'There is no dataset /nowhere/data.jsonl. Check the path.',
    })
  })
})

describe('repositoryIdentity', () => {
  it('ignores letter case and resolves renames and forks', () => {
    const lightning = ['PyTorchLightning/pytorch-lightning', 'Lightning-AI/pytorch-lightning'].map(repositoryIdentity)
    expect(new Set(lightning).size).toBe(1)
    expect(repositoryIdentity('wandb/client')).toBe(repositoryIdentity('wandb/wandb'))
    expect(repositoryIdentity('felixxm/django')).toBe('django/django')
    expect(repositoryIdentity('Some/Thing')).toBe('some/thing')
  })
})

/** Two rows and one column that no format uses, without compression. */
const TWO_ROWS_PARQUET =
  'UEFSMRUGFSwVMFwVBBUAFQQVABUEFQAAAAMDFEwGAAAAb19fci0xBgAAAG9fX3ItMhUEFQ4VEkwVAhUAAAAHGAMAAABvL3IVBhUIFQxcFQQVABUEFRAVBBUAAAADAwIEAAMVBhW0ARUmXBUEFQAVBBUAFQQVAAAAAwNYECgAAABhmgEAASwAYpoBABUGFTAVNFwVBBUAFQQVABUEFQAAAAMDFlQIAAAAZmlyc3Qgw6kGAAAAc2Vjb25kFQYVYBVMXBUEFQAVBBUAFQQVAAAAAwMuXBMAAABkaWZmIC0tZ2l0IGEveCBiL3gKEz4XABR5IGIveQoVBBUMFRBMFQIVAAAABhQCAAAAW10VBhUIFQxcFQQVABUEFRAVBBUAAAADAwIEAAMVBBl8SARyb290FQwAFQwlAhgLaW5zdGFuY2VfaWQlAAAVDCUCGARyZXBvJQAAFQwlAhgLYmFzZV9jb21taXQlAAAVDCUCGBFwcm9ibGVtX3N0YXRlbWVudCUAABUMJQIYBXBhdGNoJQAAFQwlAhgMRkFJTF9UT19QQVNTJQAAFgQZHBlsJggcFQwZFQAZGAtpbnN0YW5jZV9pZBUCFgQWVhZaJggAACZiHBUMGSUAEBkYBHJlcG8VAhYEFloWYiaOASZiAAAmxAEcFQwZFQAZGAtiYXNlX2NvbW1pdBUCFgQW4AEWUibEAQAAJpYCHBUMGRUAGRgRcHJvYmxlbV9zdGF0ZW1lbnQVAhYEFloWXiaWAgAAJvQCHBUMGRUAGRgFcGF0Y2gVAhYEFooBFnYm9AIAACbqAxwVDBklABAZGAxGQUlMX1RPX1BBU1MVAhYEFlgWYCaUBCbqAwAAFswFFgQ2wgQAKAloeXBhcnF1ZXQZbBwAABwAABwAABwAABwAABwAAACGAQAAUEFSMQ=='
