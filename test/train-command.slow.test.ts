import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runFusesearch, startFusesearch } from './support/command.ts'
import { writeTinySplit } from './support/tiny-samples.ts'

const TINY = ['--iterations', '1', '--samples-per-iteration', '2', '--group', '2', '--rollouts', '1']

let folder: string

beforeAll(() => {
  ensureBuilt()
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-test-')))
  writeTinySplit(folder)
  writeFileSync(join(folder, 'file'), '')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(command: string, samples: string, ...args: readonly string[]) {
  const repos = ['--repos', '{owner}+{name}', '--cache', 'cache', '--quiet']
  return runFusesearch([command, samples, ...repos, ...args], { cwd: folder })
}

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const rolloutsIn = (card: string): string | undefined => /\| Rollouts \| (\d+)/.exec(card)?.[1]

const TRAIN = ['--validation', 'validation.jsonl', ...TINY]

async function expectRefusal(result: ReturnType<typeof run>, says: RegExp): Promise<void> {
  const { code, stderr } = await result
  expect(stderr).toMatch(says)
  expect(stderr).not.toContain('this is a bug')
  expect(code).toBe(2)
}

describe('train', () => {
  test('writes weights that locate accepts, a card and a report; the second time it changes nothing', async () => {
    const result = await run('train', 'train.jsonl', ...TRAIN, '--out', 'trained')
    expect(result.code, result.stderr).toBe(0)
    const [weights, card] = [read('trained/weights.json'), read('trained/card.md')]
    expect(card).toContain('train.jsonl: 8 of 2 repositories')
    const locate = ['locate', 'the cart loses an entry', '--repo', 'tiny+shop', '--weights', 'trained/weights.json']
    expect((await startFusesearch(locate, { cwd: folder })).stdout).toContain('shop/cart.py')
    await run('train', 'train.jsonl', ...TRAIN, '--out', 'trained')
    expect(read('trained/weights.json')).toBe(weights)
    expect(rolloutsIn(read('trained/card.md'))).toBe(rolloutsIn(card))
  })

  test('starts from other weights, and names them', async () => {
    const ending = ['--iterations', '0', '--out', 'further']
    const result = await run('train', 'train.jsonl', ...TRAIN, ...ending, '--from', 'trained/weights.json')
    expect(result.code, result.stderr).toBe(0)
    expect(read('further/card.md')).toContain('| Starts from | the weights weights.json |')
    const other = await run('train', 'train.jsonl', ...TRAIN, ...ending, '--from', 'shipped')
    // Other starting weights make it a different training.
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('other samples or starting weights') })
  })

  test('refuses inputs that would falsify its numbers', async () => {
    await expectRefusal(
      run('train', 'train.jsonl', '--validation', 'train.jsonl', '--out', 'x'),
      /2 of the held-out samples' repositories are also training repositories, for example tiny\/\w+/,
    )
    await expectRefusal(run('train', 'train.jsonl', '--out', 'x'), /required option '--validation/)
    await expectRefusal(
      run('train', 'train.jsonl', ...TRAIN, '--out', 'x', '--reward', 'f1', '--gamma', '2'),
      /--gamma is the weight of F1·e, which the reward f1 doesn't have/,
    )
    const from = ['--from', 'lost.json']
    await expectRefusal(run('train', 'train.jsonl', ...TRAIN, '--out', 'x', ...from), /lost\.json can't be read/)
    expect(existsSync(join(folder, 'x'))).toBe(false)
  })

  test("names a folder that can't be created", async () => {
    await expectRefusal(run('train', 'train.jsonl', ...TRAIN, '--out', 'file/deep'), /file\/deep can't be written/)
  })
})

describe('ablate', () => {
  test('refuses an invalid scale, and flags that would turn one row into another', async () => {
    await expectRefusal(run('ablate', 'train.jsonl', ...TRAIN, '--scale', 'tiny', '--out', 'x'), /small, full/)
    await expectRefusal(run('ablate', 'train.jsonl', ...TRAIN, '--reward', 'f1', '--out', 'x'), /--reward/)
  })
})
