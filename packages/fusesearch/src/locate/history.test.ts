import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  commitAll,
  git,
  SHOP,
  SHOP_ISSUE,
  temporaryFolder,
  tinyRepository,
  writeFiles,
} from '../../../../test/support/folder.ts'
import { readTrajectoryFile, recordToFile, replayCalls, runLoop, type TurnRecord } from '../agent/index.ts'
import { systemClock } from '../core/index.ts'
import { createEmbeddedPolicy } from '../policies/index.ts'
import { ALL_TOOLS, type HistoryObservation, PAPER_TOOLS, PROGRAM_LIMITS } from '../search/index.ts'
import { locate } from './index.ts'

const policy = createEmbeddedPolicy()

/** A shop whose second commit is about discounts, and whose third, on another branch, is the fix. */
function shop(): string {
  const root = tinyRepository()
  writeFiles(root, { 'shop/cart.py': `${SHOP['shop/cart.py']}\n` })
  commitAll(root, 'Round apply_discount down')
  git(root, 'switch', '--quiet', '--create', 'fix')
  writeFiles(root, { 'shop/cart.py': SHOP['shop/cart.py'].replace('//', '/') })
  commitAll(root, 'Fix: apply_discount rounds the wrong way')
  git(root, 'switch', '--quiet', 'main')
  return root
}

async function search(options: Partial<Parameters<typeof locate>[0]>): Promise<readonly HistoryObservation[]> {
  const turns: TurnRecord[] = []
  await locate({
    repository: '.',
    issue: SHOP_ISSUE,
    policy,
    ...options,
    onEvent: (event) => event.kind === 'turn-finished' && turns.push(event.turn),
  })
  const seen = turns.flatMap(({ observations }) => observations)
  return seen.filter((one): one is HistoryObservation => one.ok && one.tool === 'history')
}

describe('locate with history', () => {
  it('searches once, the commits before the checked-out one, and not if the tools leave it out', async () => {
    const repository = shop()
    const found = await search({ repository })
    expect(found).toHaveLength(1)
    expect(found[0]?.commits.map(({ subject }) => subject)).toEqual(['Round apply_discount down'])
    expect(found[0]?.paths[0]).toMatchObject({ path: 'shop/cart.py', score: 1 })
    expect(await search({ repository, tools: PAPER_TOOLS })).toEqual([])
  })

  it('names the commit that supports a file, and why', async () => {
    const { files } = await locate({ repository: shop(), issue: SHOP_ISSUE, policy })
    const id = expect.stringMatching(/^[\da-f]{12}$/)
    const date = expect.stringMatching(/^\d{4}-\d\d-\d\d$/)
    expect(files[0]?.commits).toEqual([
      {
        id,
        date,
        subject: 'Round apply_discount down',
        reason: expect.stringMatching(/^mentions .*apply_discount.*; changed /),
      },
    ])
    const without = await locate({ repository: shop(), issue: SHOP_ISSUE, policy, tools: PAPER_TOOLS })
    expect(without.files[0]?.commits).toEqual([])
  })

  it('searches the commits before a revision, below a folder', async () => {
    const repository = shop()
    const commit = { revision: 'fix', cacheDir: temporaryFolder(), environment: process.env }
    const found = await search({ repository, commit, path: 'shop' })
    expect(found[0]?.commits.map(({ subject, paths }) => [subject, ...paths])).toEqual([
      ['Fix: apply_discount rounds the wrong way', 'cart.py'],
      ['Round apply_discount down', 'cart.py'],
    ])
  })

  it('continues outside a repository, and says why there is no history', async () => {
    const repository = writeFiles(temporaryFolder(), SHOP)
    const result = await locate({ repository, issue: SHOP_ISSUE, policy })
    expect(result.files[0]?.path).toBe('shop/cart.py')
    expect(result.notices).toEqual([expect.stringMatching(/^Searched without history, .*isn't in a git repository/)])
    const asked = await locate({ repository, issue: SHOP_ISSUE, policy, tools: ALL_TOOLS })
    expect(asked.notices).toEqual([expect.stringContaining('There is no history: No commit is checked out')])
  })

  it('continues without git and before the first commit, each with one notice', async () => {
    const repository = writeFiles(temporaryFolder(), SHOP)
    git(repository, 'init', '--quiet')
    const unborn = await locate({ repository, issue: SHOP_ISSUE, policy })
    expect(unborn.files[0]?.path).toBe('shop/cart.py')
    const said = `There is no history: No commit is checked out at ${repository} (the repository has none yet). `
    expect(unborn.notices).toEqual([expect.stringContaining(said)])
    const environment = { PATH: temporaryFolder() }
    const gitless = await locate({ repository: shop(), issue: SHOP_ISSUE, policy, environment })
    expect(gitless.files[0]?.path).toBe('shop/cart.py')
    expect(gitless.notices).toEqual([expect.stringContaining('git was not found')])
  })

  it("refuses tools that can't be used for a search", async () => {
    const options = { repository: shop(), issue: SHOP_ISSUE, policy }
    await expect(locate({ ...options, tools: ['grep', 'history'] })).rejects.toMatchObject({ code: 'bad-argument' })
  })

  it('is replayed from its trajectory', async () => {
    const file = join(temporaryFolder(), 'run.jsonl')
    const facts = { tool: { name: 'test', version: '0' }, limits: PROGRAM_LIMITS, repository: {}, full: true }
    await search({ repository: shop(), record: recordToFile(file, facts) })
    const trajectory = await readTrajectoryFile(file)
    const { issue, seed, tools = [], budget } = trajectory.header
    expect(tools).toEqual(ALL_TOOLS)
    const runCalls = replayCalls(trajectory)
    const again = await runLoop({ issue, seed, tools, budget, policy, runCalls, clock: systemClock })
    expect(again.answer).toEqual(trajectory.end?.answer)
  })
})
