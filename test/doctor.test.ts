import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { ensureBuilt, runFusesearch, startFusesearch } from './support/command.ts'
import { temporaryFolder } from './support/folder.ts'

beforeAll(ensureBuilt)

interface Report {
  readonly ok: boolean
  readonly checks: readonly { readonly name: string; readonly state: string; readonly fact: string; mend?: string }[]
}

it('finds everything required, one per line', async () => {
  const FUSESEARCH_CACHE = join(temporaryFolder(), 'cache')
  const { code, stderr, stdout } = await runFusesearch(['doctor'], { env: { FUSESEARCH_CACHE } })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.trim().split('\n')
  expect(lines.map((line) => line.split(/\s+/).slice(0, 2).join(' '))).toEqual([
    '✓ Node',
    '✓ ripgrep',
    '✓ git',
    '✓ grammars',
    '✓ cache',
    '✓ terminal',
  ])
  expect(lines[1]).toMatch(/ripgrep \d+\.\d+.*from the package/)
  expect(lines[3]).toContain('15 languages load')
})

it('says how to fix a cache that is a file, and warns if git is missing', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'cache'), '')
  mkdirSync(join(folder, 'bin'))
  const env = { FUSESEARCH_CACHE: join(folder, 'cache'), PATH: join(folder, 'bin') }
  const { code, stdout } = await startFusesearch(['doctor', '--json'], { env })
  const report = JSON.parse(stdout) as Report
  expect({ code, ok: report.ok }).toEqual({ code: 1, ok: false })
  const states = Object.fromEntries(report.checks.map(({ name, state }) => [name, state]))
  expect(states).toMatchObject({ ripgrep: 'ok', git: 'warning', cache: 'failed' })
  expect(report.checks.find(({ name }) => name === 'cache')?.mend).toContain('FUSESEARCH_CACHE')
  expect(report.checks.find(({ name }) => name === 'git')?.mend).toContain('Install git')
})

it('leaves nothing in the cache folder and accepts a link to one', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'real'))
  symlinkSync(join(folder, 'real'), join(folder, 'cache'))
  const { code } = await runFusesearch(['doctor'], { env: { FUSESEARCH_CACHE: join(folder, 'cache') } })
  expect(code).toBe(0)
  expect(readdirSync(join(folder, 'real'))).toEqual([])
})
