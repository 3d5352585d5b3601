import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CommandResult, ensureBuilt, startFusesearch } from './support/command.ts'
import { commitAll, git, SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'
import { until } from './support/patience.ts'

beforeAll(ensureBuilt)

const FOUND = 'shop/cart.py:10-14 Cart.apply_discount'
/** Git would get a minute; a busy machine takes seconds. */
const SOON_MS = 50_000

describe('programs inside the repository', () => {
  const NAMES = ['git', 'rg', 'sh', 'head', 'node', 'ssh', 'git-rev-parse', 'git-log', 'less', 'gpg']
  const FOLDERS = ['.', 'bin', 'node_modules/.bin', '.git']

  /** A repository full of programs that leave a mark, and a PATH that leads to them in every way. */
  function hostile(): { folder: string; mark: string; env: Record<string, string> } {
    const [folder, mark] = [tinyRepository(), join(temporaryFolder(), 'mark')]
    commitAll(writeFiles(folder, { 'shop/cart.py': '\n' }), 'Round the discount of the cart (#1)')
    for (const place of FOLDERS) {
      for (const name of NAMES) {
        writeFiles(folder, { [join(place, name)]: `#!/bin/sh\necho ${place}/${name} >> ${mark}\n` })
        chmodSync(join(folder, place, name), 0o755)
      }
    }
    const entries = ['', 'node_modules/.bin', './bin', '.', ...FOLDERS.map((place) => join(folder, place))]
    const PATH = [...entries, process.env['PATH'], ''].join(delimiter)
    return { folder, mark, env: { PATH, FUSESEARCH_CACHE: temporaryFolder() } }
  }

  const COMMANDS: readonly (readonly string[])[] = [
    ['locate', SHOP_ISSUE],
    ['locate', SHOP_ISSUE, '--rev', 'HEAD~1', '--tools', 'grep,glob,read_file,history'],
    ['locate', SHOP_ISSUE, '--tools', 'grep,glob,read_file,history', '--json'],
    ['doctor', '--json'],
    ['data', 'mine', '--repo', 'some/shop=.', '--out', 'OUT/mined.jsonl'],
  ]

  it.each(COMMANDS)('are not run by %s (%#)', async (...command) => {
    const { folder, mark, env } = hostile()
    const out = temporaryFolder()
    const args = command.map((argument) => argument.replace('OUT', out))
    const { code, stderr, stdout } = await startFusesearch(args, { cwd: folder, env })
    expect(existsSync(mark)).toBe(false)
    expect(stderr).not.toMatch(/git was not found|this is a bug/)
    expect(code, stderr).toBeLessThanOrEqual(1)
    if (command.includes('--rev')) expect(stdout).toContain(FOUND)
    if (command[0] === 'doctor') expect(JSON.parse(stdout)).toMatchObject({ ok: true })
  })

  it('are not run by an evaluation, which then has no other git', async () => {
    const { folder, mark, env } = hostile()
    const commit = git(folder, 'rev-parse', 'HEAD').trim()
    const row = { instance_id: 'one', repo: 'some/shop', base_commit: commit, problem_statement: SHOP_ISSUE }
    const patch =
      'diff --git a/README.md b/README.md\n--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-# Shop\n+# Shops\n'
    const data = join(writeFiles(temporaryFolder(), { 'rows.jsonl': JSON.stringify({ ...row, patch }) }), 'rows.jsonl')
    const args = ['eval', data, '--repos', folder, '--out', join(temporaryFolder(), 'run'), '--policy', 'embedded']
    const ran = await startFusesearch(args, { cwd: folder, env })
    expect(ran.code, ran.stderr).toBe(0)
    const only = { ...env, PATH: [folder, 'bin', ''].join(delimiter) }
    const without = await startFusesearch(['locate', SHOP_ISSUE, '--rev', 'HEAD'], { cwd: folder, env: only })
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('git was not found') })
    expect(existsSync(mark)).toBe(false)
  })
})

/** Searches a repository in which one file is a pipe that nobody writes to. */
async function runPiped(prepare: (folder: string) => string, ...args: readonly string[]): Promise<CommandResult> {
  const folder = tinyRepository()
  const pipe = prepare(folder)
  rmSync(pipe, { force: true })
  execFileSync('mkfifo', [pipe])
  const env = { FUSESEARCH_CACHE: temporaryFolder() }
  const result = await startFusesearch(['locate', SHOP_ISSUE, '--repo', folder, ...args], { env })
  expect(result.ms).toBeLessThan(SOON_MS)
  return result
}

/** A pipe that only git opens, in its settings. */
function included(folder: string): string {
  git(folder, 'config', 'include.path', join(folder, 'pipe'))
  return join(folder, 'pipe')
}

/** The commands of all processes that work on the repository in a folder. */
function gitsOf(folder: string): readonly string[] {
  const rows = execFileSync('ps', ['-A', '-ww', '-o', 'args=']).toString().split('\n')
  return rows.filter((row) => row.includes(`--git-dir=${folder}`))
}

describe('pipes in place of files', () => {
  it('take no longer than the deadline', async () => {
    const { code, stderr } = await runPiped(included, '--rev', 'HEAD', '--deadline', '500ms')
    expect(code).toBe(1)
    expect(stderr).toContain('The deadline passed before the repository was open')
  })

  it('take no time if they replace git’s own files', async () => {
    for (const name of ['.git/HEAD', '.git/packed-refs', '.git/objects/info/alternates']) {
      const { code, stderr } = await runPiped((folder) => join(folder, name), '--rev', 'HEAD')
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`${name} isn't a regular file`) })
    }
    const plain = await runPiped((folder) => join(folder, '.git/HEAD'))
    const stderr = expect.stringMatching(/^fusesearch: Searched without history: .* isn't a regular file.*\n$/)
    expect(plain).toMatchObject({ code: 0, stdout: expect.stringContaining(FOUND), stderr })
  })

  it('end with the command when it is stopped', async () => {
    const folder = tinyRepository()
    execFileSync('mkfifo', [included(folder)])
    const args = ['locate', SHOP_ISSUE, '--repo', folder, '--rev', 'HEAD']
    const { code, ms } = await startFusesearch(args, {
      env: { FUSESEARCH_CACHE: temporaryFolder() },
      onStart: (id) => void until(() => gitsOf(folder).length > 0).finally(() => process.kill(id, 'SIGTERM')),
    })
    expect(code).toBe(143)
    expect(ms).toBeLessThan(SOON_MS)
    expect(gitsOf(folder)).toEqual([])
  })
})
