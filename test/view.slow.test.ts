import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { PageData } from '../packages/fusesearch/src/view/index.ts'
import { ensureBuilt, ROOT, runFusesearch, startFusesearch } from './support/command.ts'
import { SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'
import { endLine, reading, trajectoryText, turnLine } from './support/trajectories.ts'

beforeAll(ensureBuilt)

const OLD = trajectoryText([turnLine(1, [reading('shop/cart.py', ['a', 'b'])])], endLine('shop/cart.py', 'f'))

function dataOf(page: string): Extract<PageData, { kind: 'runs' }> {
  const json = /<script type="application\/json" id="data">(.*)<\/script>/.exec(readFileSync(page, 'utf8'))?.[1]
  return JSON.parse(json ?? 'null') as Extract<PageData, { kind: 'runs' }>
}

function goldLine(id: string): string {
  return JSON.stringify({ instance_id: id, files: [`${id}.py`], functions: [], addsFile: false, kept: true })
}

describe('beside the command', () => {
  it('the demo ends with the line that opens its own page', async () => {
    const demo = spawnSync(process.execPath, [join(ROOT, 'scripts/demo.mjs')], { encoding: 'utf8' })
    expect(demo.status).toBe(0)
    const [, trajectory = ''] = /\n\$ npx fusesearch view (\S+) --open\n$/.exec(demo.stdout) ?? []
    onTestFinished(() => rmSync(dirname(trajectory), { recursive: true }))
    const page = await runFusesearch(['view', trajectory])
    expect(page.code).toBe(0)
    expect(dataOf(page.stdout.trim()).runs[0]?.header).toMatchObject({ full: true, policy: 'embedded' })
  })

  it.skipIf(process.platform === 'darwin')('the browser tests fail and say so where there is no browser', () => {
    const env = { PATH: temporaryFolder() }
    const run = spawnSync(process.execPath, [join(ROOT, 'scripts/test-browser.mjs')], { encoding: 'utf8', env })
    expect(run).toMatchObject({ status: 2, stderr: expect.stringContaining('there is no Chromium') })
  })
})

describe('view', () => {
  it("writes a page beside the trajectory and replaces it, but no file that it didn't write", async () => {
    const folder = writeFiles(temporaryFolder(), { 'runs/one.jsonl': OLD })
    const first = await startFusesearch(['view', 'runs/one.jsonl'], { cwd: folder })
    expect(first).toMatchObject({ code: 0, stdout: `${join(folder, 'runs/one.html')}\n`, stderr: '' })
    expect((await runFusesearch(['view', 'runs/one.jsonl'], { cwd: folder })).code).toBe(0)
    writeFiles(folder, { 'runs/one.html': 'my notes' })
    const refused = await runFusesearch(['view', 'runs/one.jsonl'], { cwd: folder })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain("isn't a page of fusesearch")
    expect(readFileSync(join(folder, 'runs/one.html'), 'utf8')).toBe('my notes')
    expect((await runFusesearch(['view', 'runs/one.jsonl', '--out', 'runs/one.html'], { cwd: folder })).code).toBe(0)
  })

  it('shows a new recording of locate beside a trajectory of the first version', async () => {
    const folder = tinyRepository()
    const recorded = join(temporaryFolder(), 'new.jsonl')
    await runFusesearch(['locate', SHOP_ISSUE, '--trajectory', recorded, '--full'], { cwd: folder })
    const old = join(writeFiles(temporaryFolder(), { 'old.jsonl': OLD }), 'old.jsonl')
    const page = join(temporaryFolder(), 'page.html')
    expect((await runFusesearch(['view', recorded, old, '--out', page, '--repo', folder])).code).toBe(0)
    const { editor, gold, root, runs } = dataOf(page)
    expect(runs.map(({ name, header }) => [name, header.policy])).toEqual([
      ['new', 'embedded'],
      ['old', 'scripted'],
    ])
    expect(runs[0]?.end?.answer.files[0]?.path).toBe('shop/cart.py')
    expect({ editor, gold, root }).toEqual({ editor: 'vscode://file{path}:{line}', gold: null, root: folder })
  })

  it("marks gold by the only line, by the trajectory's name, or by the given id", async () => {
    const folder = writeFiles(temporaryFolder(), {
      'shop__1-embedded.jsonl': OLD,
      'run.jsonl': OLD,
      'one.gold': goldLine('shop__2'),
      'all.gold': `${goldLine('shop__0')}\n${goldLine('shop__1')}\n`,
      'bad.gold': '{"files": 1}',
    })
    const goldOf = async (...args: string[]) => {
      const { code, stderr } = await runFusesearch(['view', ...args, '--out', 'page.html'], { cwd: folder })
      return code === 0 ? dataOf(join(folder, 'page.html')).gold?.files : stderr
    }
    expect(await goldOf('run.jsonl', '--gold', 'one.gold')).toEqual(['shop__2.py'])
    expect(await goldOf('shop__1-embedded.jsonl', '--gold', 'all.gold')).toEqual(['shop__1.py'])
    expect(await goldOf('run.jsonl', '--gold', 'all.gold', '--instance', 'shop__0')).toEqual(['shop__0.py'])
    expect(await goldOf('run.jsonl', '--gold', 'all.gold')).toContain('Add --instance ID')
    expect(await goldOf('run.jsonl', '--gold', 'all.gold', '--instance', 'x')).toContain('no gold for the instance x')
    expect(await goldOf('run.jsonl', '--gold', 'bad.gold')).toContain("line 1: this isn't gold")
    expect(await goldOf('run.jsonl', '--gold', 'none.gold')).toContain('Cannot read the gold none.gold')
  })

  it("refuses files that aren't trajectories, and an editor that would run code", async () => {
    const folder = writeFiles(temporaryFolder(), { 'one.jsonl': OLD, 'bad.jsonl': '{"kind":"turn"}\n' })
    const view = async (...args: string[]) => runFusesearch(['view', ...args], { cwd: folder })
    expect(await view('bad.jsonl')).toMatchObject({ code: 2 })
    expect(existsSync(join(folder, 'bad.html'))).toBe(false)
    for (const editor of [
      'javascript:alert(1)//{path}',
      'JavaScript:{path}',
      'data:text/html,{path}',
      'vim',
      '{path}',
    ]) {
      const { code, stderr } = await view('one.jsonl', '--editor', editor)
      expect([code, stderr]).toEqual([2, expect.stringContaining('Give an address such as')])
    }
  })

  it.skipIf(process.platform !== 'linux')(
    'opens the page with the opener of the system, never one beside it',
    async () => {
      const opener = '#!/bin/sh\necho "$1" > "$(dirname "$0")/opened"\n'
      const folder = writeFiles(temporaryFolder(), { 'one.jsonl': OLD, 'xdg-open': opener })
      const bin = writeFiles(temporaryFolder(), { 'xdg-open': opener })
      for (const one of [folder, bin]) chmodSync(join(one, 'xdg-open'), 0o755)
      const view = async (PATH: string) =>
        startFusesearch(['view', 'one.jsonl', '--open'], { cwd: folder, env: { PATH } })
      expect(await view(`${folder}:${bin}:/usr/bin:/bin`)).toMatchObject({ code: 0, stderr: '' })
      expect(readFileSync(join(bin, 'opened'), 'utf8')).toBe(`file://${join(folder, 'one.html')}\n`)
      const alone = await view(folder)
      expect(alone.code).toBe(2)
      expect(alone.stderr).toContain('There is no xdg-open')
      expect(existsSync(join(folder, 'opened'))).toBe(false)
    },
  )
})
