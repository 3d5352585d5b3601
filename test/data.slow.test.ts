import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CommandResult, ensureBuilt, runFusesearch, startFusesearch } from './support/command.ts'
import { commitAll, git, SHOP, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'

const TEXT = 'A price of 99 less 10 percent gives 89, although 89.1 is what the customer has to pay; the rest is lost.'
const CART = SHOP['shop/cart.py']
const FIXED = CART.replace('// 100', '/ 100')

interface Row {
  readonly instance_id: string
  readonly repo: string
  readonly base_commit: string
  readonly problem_statement: string
  readonly files: readonly string[]
  readonly functions: readonly string[]
  readonly kept: boolean
  readonly kind: string
  readonly source: string
}

const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()
const readRows = (path: string): Row[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)

function commit(folder: string, message: string, files: Readonly<Record<string, string>>): string {
  writeFiles(folder, files)
  commitAll(folder, message)
  return head(folder)
}

/** Refused in one line with the reason and the next step. */
function expectRefusal({ code, stderr, stdout }: CommandResult, says: RegExp): void {
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^fusesearch: [^\n]+\.\n$/)
  expect(stderr).toMatch(says)
}

beforeAll(ensureBuilt)

/** A folder of repositories with tiny/shop, fixed in its second commit, and rows about it. */
function makeDatasets() {
  const folder = temporaryFolder()
  const made = tinyRepository()
  const base = head(made)
  const tests = 'def test_rounding():\n    assert True\n'
  const fix = commit(made, 'fix', { 'shop/cart.py': FIXED, 'tests/test_rounding.py': tests })
  const patch = git(made, 'diff', base, fix, '--', 'shop')
  const repository = join(folder, 'tiny+shop')
  renameSync(made, repository)
  const issue = { repo: 'tiny/shop', problem_statement: TEXT }
  const swe = [
    { ...issue, instance_id: 'swe-1', base_commit: base, patch },
    { ...issue, instance_id: 'swe-2', base_commit: 'f'.repeat(40), patch },
    { ...issue, instance_id: 'swe-3', base_commit: base, patch, problem_statement: 'Wrong.' },
    { ...issue, instance_id: 'swe-4', base_commit: base, patch, repo: 'nobody/nothing' },
    { ...issue, instance_id: 'SWE-1', base_commit: base, patch },
  ].map((row) => JSON.stringify(row))
  const files = [{ change_type: 'MODIFY', old_path: 'shop/cart.py', new_path: 'shop/cart.py' }]
  const functions = ['shop/cart.py::Cart.apply_discount']
  const den = { ...issue, instance_id: 'den-1', fix_commit: fix, files, functions }
  writeFiles(folder, {
    'swe.jsonl': `${swe.join('\n')}\nnot json\n`,
    'den.jsonl': `${JSON.stringify(den)}\n`,
    'django.jsonl': `${JSON.stringify({ ...issue, instance_id: 'd-1', repo: 'Felixxm/Django', base_commit: base, patch })}\n`,
  })
  return { folder, base, fix, repos: ['--repos', join(folder, '{owner}+{name}'), '--cache', join(folder, 'cache')] }
}

describe('data import', () => {
  test('turns both formats into rows that eval reads, and counts and names the rest', async () => {
    const { folder, base, repos } = makeDatasets()
    const out = ['--out', 'samples.jsonl', '--manifest', 'samples.json']
    const result = await startFusesearch(['data', 'import', 'swe.jsonl', 'den.jsonl', ...repos, ...out], {
      cwd: folder,
    })
    expect(result.code).toBe(0)
    expect(result.stdout).toContain('samples.jsonl: 1 sample of 1 repository\n')
    expect(result.stderr).toMatch(
      /skipped swe:6 \(bad-row\)[^]*skipped swe-2 \(commit-missing\)[^]*nobody\/nothing \(repository-missing\)/,
    )
    const manifest = JSON.parse(readFileSync(join(folder, 'samples.json'), 'utf8'))
    const dropped = { 'bad-row': 1, duplicate: 1, 'repository-missing': 1, 'short-text': 1, 'commit-missing': 1 }
    expect(manifest.sources).toEqual({
      swe: { read: 6, written: 1, dropped },
      // The same change of the same commit as the first row.
      den: { read: 1, written: 0, dropped: { duplicate: 1 } },
    })
    expect(manifest.inputs.map(({ name }: { name: string }) => name)).toEqual(['swe.jsonl', 'den.jsonl'])
    const alone = await runFusesearch(['data', 'import', 'den.jsonl', ...repos, '--out', 'den-out.jsonl'], {
      cwd: folder,
    })
    expect(alone.code).toBe(0)
    for (const [file, source] of [
      ['samples.jsonl', 'swe'],
      ['den-out.jsonl', 'den'],
    ] as const) {
      const [row] = readRows(join(folder, file))
      expect(row).toMatchObject({ base_commit: base, source, kind: 'issue', kept: true, files: ['shop/cart.py'] })
      expect(row?.functions).toEqual(['shop/cart.py::Cart.apply_discount'])
    }
    const run = ['eval', 'den-out.jsonl', ...repos, '--out', 'run', '--json', '-p', 'embedded', '--jobs', '1']
    const evaluated = await runFusesearch(run, { cwd: folder })
    expect(evaluated.code, evaluated.stderr).toBe(0)
    expect(JSON.parse(evaluated.stdout).keptIds).toEqual(['den-1'])
  })

  test("compares the commits if a patch doesn't apply and both are named", async () => {
    const { folder, base, fix, repos } = makeDatasets()
    const patch = '--- a/shop/cart.py\n+++ b/shop/cart.py\n@@ -1,1 +1,1 @@\n-no such line\n+another\n'
    const row = { instance_id: 'c-1', repo: 'tiny/shop', problem_statement: TEXT, base_commit: base, patch }
    writeFileSync(join(folder, 'cleaned.jsonl'), `${JSON.stringify({ ...row, fix_commit: fix })}\n`)
    writeFileSync(join(folder, 'broken.jsonl'), `${JSON.stringify(row)}\n`)
    const run = ['data', 'import', 'cleaned.jsonl', 'broken.jsonl', ...repos, '--out', 'samples.jsonl']
    const result = await runFusesearch([...run, '--manifest', 'samples.json'], { cwd: folder })
    expect(result.stderr).toMatch(/skipped c-1 \(patch-unreadable\)/)
    const [sample] = readRows(join(folder, 'samples.jsonl'))
    expect(sample).toMatchObject({ source: 'cleaned', functions: ['shop/cart.py::Cart.apply_discount'] })
    const { sources } = JSON.parse(readFileSync(join(folder, 'samples.json'), 'utf8'))
    expect(sources.cleaned).toEqual({ read: 1, written: 1, compared: 1, dropped: {} })
  })

  test('reports a failed write, and leaves nothing half done', async () => {
    const { folder, repos } = makeDatasets()
    const out = ['--out', 'samples.jsonl', '--manifest', 'swe.jsonl/manifest.json']
    expectRefusal(
      await runFusesearch(['data', 'import', 'den.jsonl', ...repos, ...out], { cwd: folder }),
      /manifest\.json can't be written/,
    )
    expect(readdirSync(folder).filter((name) => name.startsWith('samples'))).toEqual([])
  })

  test('is the same each time', async () => {
    const { folder, repos } = makeDatasets()
    const [first, second] = ['a', 'b'].map((name) => join(folder, name))
    for (const path of [first ?? '', second ?? '']) {
      const out = ['--out', join(path, 'samples.jsonl'), '--manifest', join(path, 'samples.json')]
      await runFusesearch(['data', 'import', 'swe.jsonl', 'den.jsonl', ...repos, ...out], { cwd: folder })
    }
    for (const name of ['samples.jsonl', 'samples.json'])
      expect(readFileSync(join(first ?? '', name), 'utf8')).toBe(readFileSync(join(second ?? '', name), 'utf8'))
  })

  test('refuses evaluation repositories under any name, or leaves them out on request', async () => {
    const { folder, repos } = makeDatasets()
    const command = ['data', 'import', 'django.jsonl', 'den.jsonl', ...repos, '--out', 'samples.jsonl']
    expectRefusal(await runFusesearch(command, { cwd: folder }), /Felixxm\/Django \(1\).*--skip-evaluation/)
    expect(existsSync(join(folder, 'samples.jsonl'))).toBe(false)
    const skipped = await runFusesearch([...command, '--skip-evaluation'], { cwd: folder })
    expect(skipped.code).toBe(0)
    expect(skipped.stderr).toContain('skipped Felixxm/Django (evaluation-repository): 1 rows')
    expect(readRows(join(folder, 'samples.jsonl'))).toHaveLength(1)
    writeFileSync(join(folder, 'held.txt'), '# held out\nTiny/Shop\n')
    const exclude = ['--exclude', 'held.txt', '--skip-evaluation']
    expect((await runFusesearch([...command, ...exclude], { cwd: folder })).code).toBe(1)
  })
})

/** A history with one commit for each case that mining must distinguish; the newest is last. */
function makeHistory() {
  const folder = tinyRepository()
  const catalog = SHOP['shop/catalog.py']
  const helped = `${catalog.replace('KeyError(name)', 'KeyError(repr(name))')}\n\ndef helper():\n    return 1\n`
  git(folder, 'remote', 'add', 'origin', 'https://example.org/tiny/shop.git')
  const plain = commit(folder, `Discount rounds down\n\n${TEXT}\nSigned-off-by: A <a@example.org>`, {
    'shop/cart.py': FIXED,
    'CHANGES.md': '- discounts\n',
  })
  commit(folder, `Revert "Discount rounds down"\n\n${TEXT}`, { 'shop/cart.py': CART })
  commit(folder, `Bump lodash from 1.0 to 1.1\n\n${TEXT}`, { 'shop/catalog.py': `${catalog}# 1\n` })
  commit(folder, 'Fix it', { 'shop/cart.py': FIXED })
  commit(folder, `More tests\n\n${TEXT}`, { 'tests/test_more.py': 'def test_more():\n    pass\n' })
  commit(folder, `Add a helper\n\n${TEXT}`, { 'shop/catalog.py': helped })
  commit(folder, `Add a file\n\n${TEXT}`, { 'shop/cart.py': CART, 'shop/more.py': 'X = 1\n' })
  commit(folder, `Wrap the lines\n\n${TEXT}`, {
    'shop/cart.py': CART.replace(
      'sum(item.price for item in self.items)',
      'sum(\n            item.price for item in self.items\n        )',
    ),
  })
  git(folder, 'checkout', '--quiet', '-b', 'topic')
  const inBranch = commit(folder, `Names are compared by case\n\n${TEXT}`, {
    'shop/catalog.py': helped.replace('product.name == name', 'product.name.lower() == name'),
  })
  git(folder, 'checkout', '--quiet', 'main')
  commit(folder, `Wait, what?\n\n${TEXT}\nFixes #3`, { 'shop/cart.py': FIXED })
  const message = `Merge pull request #7 from someone/topic\n\nNames must not be compared by case\n\n${TEXT}`
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
  git(folder, ...identity, 'merge', '--quiet', '--no-ff', '-m', message, 'topic')
  return { folder, plain, inBranch, merge: head(folder) }
}

const mine = (folder: string, ...args: string[]): Promise<CommandResult> =>
  runFusesearch(['data', 'mine', '--repo', folder, ...args])

describe('data mine', () => {
  test('takes commits and merged pull requests that read like issues, and reports what it dropped', async () => {
    const { folder, plain, merge } = makeHistory()
    const place = temporaryFolder()
    const [out, manifest] = [join(place, 'mined.jsonl'), join(place, 'mined.json')]
    const result = await mine(folder, '--out', out, '--manifest', manifest)
    expect(result.code, result.stderr).toBe(0)
    const rows = readRows(out)
    expect(rows.map(({ instance_id: id, kind }) => `${id.slice(11, 18)} ${kind}`)).toEqual([
      `${merge.slice(0, 7)} merged-pull-request`,
      expect.stringContaining(' linked-issue'),
      `${plain.slice(0, 7)} commit`,
    ])
    expect(rows[0]).toMatchObject({
      repo: 'tiny/shop',
      base_commit: git(folder, 'rev-parse', `${merge}^1`).trim(),
      problem_statement: `Names must not be compared by case\n\n${TEXT}`,
      functions: ['shop/catalog.py::find_product'],
    })
    // Neither the trailer nor the changelog remains.
    expect(rows[2]).toMatchObject({ problem_statement: `Discount rounds down\n\n${TEXT}`, files: ['shop/cart.py'] })
    const { dropped, histories } = JSON.parse(readFileSync(manifest, 'utf8'))
    expect(histories).toEqual([{ repo: 'tiny/shop', until: merge, commits: 12 }])
    expect(dropped).toEqual({
      'root-commit': 1,
      revert: 1,
      'dependency-update': 1,
      'formatting-only': 1,
      'short-text': 1,
      'covered-by-merge': 1,
      'tests-only': 1,
      'adds-file': 1,
      'adds-function': 1,
    })
    const again = join(place, 'again.jsonl')
    await mine(folder, '--out', again)
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(out, 'utf8'))
  })

  test('reads only ancestors, and no more than requested', async () => {
    const { folder, plain, inBranch } = makeHistory()
    const out = join(temporaryFolder(), 'mined.jsonl')
    expect((await mine(folder, '--out', out, '--until', plain)).code).toBe(0)
    expect(readRows(out)).toHaveLength(1)
    expect((await mine(folder, '--out', out, '--until', inBranch)).code).toBe(0)
    expect(readRows(out)).toHaveLength(2)
    expect((await mine(folder, '--out', out, '--limit', '1')).code).toBe(0)
    expect(readRows(out)).toHaveLength(1)
    expect((await mine(folder, '--out', out, '--since', '2999-01-01')).code).toBe(1)
    expectRefusal(await mine(folder, '--out', out, '--until', 'nothing'), /no commit 'nothing'/)
  })

  test('runs nothing that the repository names', async () => {
    const { folder } = makeHistory()
    const marker = join(folder, 'marker')
    const program = join(folder, 'program.sh')
    writeFileSync(program, `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 })
    writeFiles(folder, { '.git/info/attributes': '*.py diff=own filter=own\n' })
    for (const key of [
      'diff.external',
      'diff.own.textconv',
      'diff.own.command',
      'core.pager',
      'core.fsmonitor',
      'gpg.program',
    ])
      git(folder, 'config', key, program)
    for (const [key, value] of [
      ['log.showSignature', 'true'],
      ['log.follow', 'true'],
      ['diff.noprefix', 'true'],
      ['color.ui', 'always'],
    ] as const)
      git(folder, 'config', key, value)
    const out = join(temporaryFolder(), 'mined.jsonl')
    expect((await mine(folder, '--out', out)).code).toBe(0)
    expect(readRows(out)).toHaveLength(3)
    expect(existsSync(marker)).toBe(false)
  })

  test('refuses an evaluation repository by its remote, and one without a name', async () => {
    const folder = tinyRepository()
    const out = join(temporaryFolder(), 'mined.jsonl')
    expectRefusal(await mine(folder, '--out', out), /no remote origin.*--repo owner\/name=/)
    git(folder, 'remote', 'add', 'origin', 'git@example.org:Felixxm/django.git')
    expectRefusal(await mine(folder, '--out', out), /Felixxm\/django/)
    expectRefusal(await mine(`psf/requests=${folder}`, '--out', out), /psf\/requests/)
    expectRefusal(await mine(join(folder, 'nowhere'), '--out', out), /no folder/)
    expect(existsSync(out)).toBe(false)
  })
})

const row = (repo: string, id: number) =>
  JSON.stringify({
    instance_id: `${id}`,
    repo,
    base_commit: 'a'.repeat(40),
    problem_statement: TEXT,
    files: ['a.py'],
  })

describe('data split', () => {
  test('puts a repository on one side under all its names, and copies lines unchanged', async () => {
    const repos = ['wandb/client', 'WandB/wandb', 'a/a', 'b/b', 'c/c', 'd/d', 'e/e', 'f/f', 'g/g', 'h/h']
    const lines = repos.map(row)
    const folder = writeFiles(temporaryFolder(), { 'samples.jsonl': `${lines.join('\n')}\n` })
    const split = ['data', 'split', 'samples.jsonl', '--out-train', 'train.jsonl', '--out-validation', 'val.jsonl']
    for (const seed of ['0', '1', '2']) {
      const result = await runFusesearch([...split, '--validation', '0.6', '--seed', seed], { cwd: folder })
      expect(result.code, result.stderr).toBe(0)
      const [train, validation] = ['train.jsonl', 'val.jsonl'].map((name) => readFileSync(join(folder, name), 'utf8'))
      expect(`${train}${validation}`.split('\n').filter(Boolean).sort()).toEqual([...lines].sort())
      expect(validation?.split('\n').filter(Boolean)).toHaveLength(6)
      expect(['wandb/client', 'WandB/wandb'].filter((repo) => train?.includes(repo)).length).not.toBe(1)
    }
  })

  test("refuses evaluation repositories, lines that aren't samples, and invalid shares", async () => {
    const folder = writeFiles(temporaryFolder(), {
      'shared.jsonl': `${row('a/a', 1)}\n${row('PyCQA/pylint', 2)}\n`,
      'torn.jsonl': `${row('a/a', 1)}\n{"instance_id":\n`,
    })
    const out = ['--out-train', 'train.jsonl', '--out-validation', 'val.jsonl']
    const split = (...args: string[]) => runFusesearch(['data', 'split', ...args, ...out], { cwd: folder })
    expectRefusal(await split('shared.jsonl'), /PyCQA\/pylint \(1\)/)
    expectRefusal(await split('torn.jsonl'), /torn.jsonl:2/)
    expectRefusal(await split('shared.jsonl', '--validation', '1'), /above 0 and below 1/)
    expect(existsSync(join(folder, 'train.jsonl'))).toBe(false)
  })

  test('overwrites none of its inputs, and writes no two outputs to one path', async () => {
    const folder = writeFiles(temporaryFolder(), { 'samples.jsonl': `${row('a/a', 1)}\n${row('b/b', 2)}\n` })
    const split = (...args: string[]) => runFusesearch(['data', 'split', 'samples.jsonl', ...args], { cwd: folder })
    expectRefusal(
      await split('--out-train', './samples.jsonl', '--out-validation', 'v.jsonl'),
      /already reads or writes/,
    )
    expectRefusal(await split('--out-train', 'a.jsonl', '--out-validation', 'a.jsonl'), /already reads or writes/)
    expect(readFileSync(join(folder, 'samples.jsonl'), 'utf8').split('\n')).toHaveLength(3)
    const result = await split('--out-train', 't.jsonl', '--out-validation', 'v.jsonl')
    expect(result.stdout).toBe('t.jsonl: 1 sample of 1 repository\nv.jsonl: 1 sample of 1 repository\n')
    expectRefusal(
      await runFusesearch(['data', 'mine', '--out', 'm.jsonl'], { cwd: folder }),
      /--repo.*data mine --help/,
    )
  })
})
