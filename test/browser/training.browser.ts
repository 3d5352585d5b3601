import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { pageWith, useBrowser } from '../support/browser.ts'
import { MAIN } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { makeTinySamples } from '../support/tiny-samples.ts'
import { toldTraining } from '../support/training-data.ts'

const open = useBrowser()

const ENDED = toldTraining()

it('shows reward, F1, e, cost, losses and breadth by turn of a finished training', async () => {
  const page = await open(await pageWith(ENDED))
  const curves = page.getByRole('region', { name: 'Curves' })
  await curves.scrollIntoViewIfNeeded()
  const titles = await curves.locator('h3').allInnerTexts()
  expect(titles).toEqual([
    'Reward',
    'File F1, %',
    'Function F1, %',
    'Efficiency e, %',
    'Calls per search',
    'Shown per search, kB',
    'Penalty on cost',
    'Entropy of a decision, nats',
    'KL to the cloned policy, nats',
    'Clipped decisions, %',
    'Breadth by turn: calls of each turn, held out',
    'Calls of each turn, step by step',
    'Calls by turn',
  ])
  await page.mouse.wheel(0, 3_000)
  await expect.poll(() => curves.locator('svg').count()).toBe(12)
  // Held out at six steps; sampled before the ranking and in three updates: what cloning kept isn't a point.
  expect(await curves.locator('.chart').first().getAttribute('aria-label')).toBe('Reward: 10 points, the last at 0.550')
  // A line for each of three turns, and one before and one after.
  expect(await curves.locator('svg').nth(10).locator('[aria-label=line] path').count()).toBe(3)
  expect(await curves.locator('svg').nth(11).locator('[aria-label=line] path').count()).toBe(2)
  expect(await page.getByRole('region', { name: 'Results' }).locator('tbody').innerText()).toMatch(
    /reward\s+4\s+0\.5\s+0\.6\s+\+0\.1 \[\+0\.0, \+0\.2\]\s+better/,
  )
  const steps = page.getByRole('region', { name: 'Held-out samples, step by step' })
  expect(await steps.locator('tbody tr').nth(4).innerText()).toMatch(/^update 2 of phase 2, the best\s+0\.540\s+44\.0/)
  expect(await page.getByRole('region', { name: 'Samples that were skipped' }).innerText()).toContain('lost-1')
  expect(await page.getByRole('status').innerText()).toBe('ended')
})

it('follows a running training and shows its end by itself', async () => {
  const folder = temporaryFolder()
  const rows = makeTinySamples(folder)
  const write = (name: string, repo: string, count: number): void => {
    const own = rows.filter((row) => row.repo === repo).slice(0, count)
    writeFileSync(join(folder, name), own.map((row) => `${JSON.stringify(row)}\n`).join(''))
  }
  write('train.jsonl', 'tiny/shop', 6)
  write('validation.jsonl', 'tiny/mail', 3)
  const sizes = ['--iterations', '12', '--samples-per-iteration', '6', '--group', '4', '--rollouts', '2']
  const files = ['train.jsonl', '--validation', 'validation.jsonl', '--repos', '{owner}+{name}', '--cache', 'cache']
  const training = spawn(process.execPath, [MAIN, 'train', ...files, ...sizes, '--quiet', '--out', 'trained'], {
    cwd: folder,
    stdio: 'ignore',
  })
  onTestFinished(() => {
    training.kill('SIGKILL')
  })
  const ended = once(training, 'exit')
  const report = join(folder, 'trained/report.html')
  await expect.poll(() => existsSync(report), { interval: 10 }).toBe(true)
  // It stands still until the page is open, which a browser may take longer for than the training lasts.
  training.kill('SIGSTOP')
  const page = await open(pathToFileURL(report).href)
  const status = page.getByRole('status')
  expect(await status.innerText()).toMatch(/^running; done .*; this page updates itself$/)
  const steps = page.getByRole('region', { name: 'Held-out samples, step by step' }).locator('tbody tr')
  const atFirst = await steps.count()
  training.kill('SIGCONT')
  await ended
  await expect.poll(() => status.innerText()).toBe('ended')
  expect(await steps.count()).toBeGreaterThan(atFirst)
  const history = readFileSync(join(folder, 'trained/history.jsonl'), 'utf8').trimEnd().split('\n')
  expect(history.length).toBeGreaterThan(atFirst)
})

it('says that a training was stopped, and leaves the page alone then', async () => {
  const page = await open(await pageWith({ ...ENDED, state: 'stopped', breadth: null, gains: [], findings: [] }))
  expect(await page.getByRole('status').innerText()).toMatch(/^stopped early; done update 3 of phase 2, of at most 40/)
  await page.evaluate('window.wasHere = true')
  await page.waitForTimeout(5_000)
  expect(await page.evaluate('window.wasHere')).toBe(true)
})
