import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { pageWith, tipOf, useBrowser } from '../support/browser.ts'
import { runFusesearch } from '../support/command.ts'
import { type ToldInstance, toldEvaluation } from '../support/evaluation-data.ts'
import { temporaryFolder } from '../support/folder.ts'
import { makeTinySamples } from '../support/tiny-samples.ts'

const open = useBrowser()

/** A is right on 1, 2 and 3, B on 1 and 4; a search of A failed on 5. */
const INSTANCES: readonly ToldInstance[] = [
  { id: 'one', repository: 'big/shop', language: 'python', isRight: [true, true], calls: [4, 9] },
  { id: 'two', repository: 'big/shop', language: 'python', isRight: [true, false], calls: [8, 8] },
  { id: 'three', repository: 'big/shop', language: 'rust', isRight: [true, false], calls: [6, 7] },
  { id: 'four', repository: 'small/mail', language: 'rust', isRight: [false, true], calls: [5, 6] },
  { id: 'five', repository: 'small/mail', language: 'go', isRight: [null, false], calls: [0, 5] },
]

async function openReport(instances = INSTANCES, policies: readonly string[] = ['wide', 'narrow']): Promise<Page> {
  return open(await pageWith(await toldEvaluation(instances, policies, temporaryFolder())))
}

/** Charts are drawn when they come near the view. */
async function sectionOf(page: Page, name: string): Promise<Locator> {
  const section = page.getByRole('region', { name, exact: true })
  await section.scrollIntoViewIfNeeded()
  await section.locator('svg').last().waitFor()
  return section
}

const ids = (page: Page): Promise<string[]> => page.locator('.rows tbody th a').allInnerTexts()

describe('the table of instances', () => {
  it('sorts by each column, and keeps those without a value at the end', async () => {
    const page = await openReport()
    const head = page.locator('.rows thead')
    await head.getByRole('button', { name: 'instance' }).click()
    expect(await ids(page)).toEqual(['five', 'four', 'one', 'three', 'two'])
    await head.getByRole('button', { name: 'narrow calls' }).click()
    expect(await ids(page)).toEqual(['one', 'two', 'three', 'four', 'five'])
    await head.getByRole('button', { name: 'wide calls' }).click()
    expect(await ids(page)).toEqual(['two', 'three', 'four', 'one', 'five'])
    await head.getByRole('button', { name: 'wide calls' }).click()
    // A failed search has no calls.
    expect(await ids(page)).toEqual(['one', 'four', 'three', 'two', 'five'])
    expect(await head.locator('[aria-sort=ascending]').innerText()).toContain('wide calls')
  })

  it('filters by text, repository, language and outcome, and shows the means of the rest', async () => {
    const page = await openReport()
    const table = page.getByRole('region', { name: 'Instances' })
    const told = table.getByRole('status')
    expect(await told.innerText()).toBe('5 of 5 instances, wide 60.0, narrow 40.0')
    await table.getByLabel('Repository', { exact: true }).selectOption('big/shop')
    expect(await told.innerText()).toBe('3 of 5 instances, wide 100.0, narrow 33.3')
    await table.getByLabel('Language').selectOption('rust')
    expect(await ids(page)).toEqual(['three'])
    await table.getByRole('button', { name: 'Show all' }).click()
    await table.getByLabel('Outcome').selectOption({ label: 'A worse than B' })
    expect(await ids(page)).toEqual(['four'])
    await table.getByLabel('Outcome').selectOption({ label: 'a search failed' })
    expect(await ids(page)).toEqual(['five'])
    await table.getByRole('button', { name: 'Show all' }).click()
    await table.getByLabel('Search').fill('MAIL')
    expect(await ids(page)).toEqual(['four', 'five'])
    await table.getByLabel('Search').fill('nothing like it')
    expect(await table.innerText()).toContain('No instance is left')
  })
})

describe('the charts', () => {
  it('has a mark for each search and a larger one for each mean; a click opens the instance', async () => {
    const page = await openReport()
    const scatter = await sectionOf(page, 'F1 against cost')
    // Nine searches ran, one failed.
    expect(await scatter.locator('svg [aria-label=dot]').first().locator('path').count()).toBe(9)
    expect(await scatter.locator('svg [aria-label=dot]').nth(1).locator('path').count()).toBe(2)
    const label = await scatter.locator('.chart').getAttribute('aria-label')
    expect(label).toContain('wide: mean F1 60.0 at 5.8 calls; narrow: mean F1 40.0 at 7.0 calls')
    await scatter.getByLabel('against', { exact: true }).selectOption('seconds')
    expect(await scatter.locator('.chart').getAttribute('aria-label')).toContain('wide: mean F1 60.0 at 0.6 seconds')
    await scatter.getByLabel('against', { exact: true }).selectOption('calls')
    await expect.poll(() => tipOf(page, '.scatter')).toMatch(/one.*wide: F1 100\.0, 4\.0 calls$/s)
    await scatter.locator('svg').click({ position: await middleOf(page, '.scatter [aria-label=dot] path') })
    await page.getByRole('heading', { level: 1, name: 'one' }).waitFor()
  })

  it('opens the instance although the chart is drawn again during the click', async () => {
    const page = await openReport()
    const scatter = await sectionOf(page, 'F1 against cost')
    await expect.poll(() => tipOf(page, '.scatter')).toMatch(/one.*wide: F1 100\.0, 4\.0 calls$/s)
    const drawn = await scatter.locator('svg').elementHandle()
    await page.mouse.down()
    await page.setViewportSize({ width: 1436, height: 900 })
    await expect.poll(() => drawn?.evaluate((svg) => svg.isConnected)).toBe(false)
    await page.mouse.up()
    await page.getByRole('heading', { level: 1, name: 'one' }).waitFor()
  })

  it('has a bar with its interval for each group and policy, and a click on one filters', async () => {
    const page = await openReport()
    const groups = await sectionOf(page, 'By group')
    expect(await groups.locator('svg [aria-label=bar] rect').count()).toBe(4)
    expect(await groups.locator('svg [aria-label=rule]').first().locator('line').count()).toBe(4)
    expect(await groups.locator('svg').innerHTML()).toContain('big/shop (3)')
    await groups.getByText('As numbers').click()
    expect(await groups.locator('table').innerText()).toMatch(
      /big\/shop\s+3\s+100\.0 \[100\.0, 100\.0\]\s+33\.3 \[0\.0, 100\.0\]/,
    )
    await groups.getByLabel('by', { exact: true }).selectOption('language')
    await expect.poll(() => groups.locator('svg [aria-label=bar] rect').count()).toBe(6)
    await groups
      .locator('svg')
      .click({ position: await middleOf(page, '[aria-label="By group"] [aria-label=bar] rect') })
    await expect.poll(() => ids(page)).toEqual(['one', 'two'])
  })

  it('shows searches turn by turn', async () => {
    const page = await openReport()
    const turns = await sectionOf(page, 'By turn')
    await expect.poll(() => turns.locator('svg').count()).toBe(3)
    expect(await turns.locator('svg').first().locator('[aria-label=line] path').count()).toBe(2)
  })
})

/** Position of the first of these marks within its drawing. */
async function middleOf(page: Page, selector: string): Promise<{ x: number; y: number }> {
  return page
    .locator(selector)
    .first()
    .evaluate((mark) => {
      const [own, all] = [mark.getBoundingClientRect(), mark.ownerSVGElement.getBoundingClientRect()]
      return { x: own.x + own.width / 2 - all.x, y: own.y + own.height / 2 - all.y }
    })
}

describe('paired differences', () => {
  it('shows A minus B with its interval and the instances that changed, and follows the choice', async () => {
    const page = await openReport()
    const pairs = await sectionOf(page, 'Paired differences')
    // +0, +1, +1, -1 and +0.
    expect(await pairs.innerText()).toMatch(
      /wide \(A\) minus narrow \(B\): \+20\.0 \[−\d+\.0, \+80\.0\] points of file F1/,
    )
    expect(await pairs.innerText()).toContain('A is better on 2, worse on 1, equal on 2')
    expect(await pairs.locator('.extremes').innerText()).toMatch(/\+100\.0 two\s+\+100\.0 three\s+−100\.0 four/)
    expect(await pairs.locator('svg [aria-label=bar] rect').count()).toBe(3)
    await page.getByLabel('A', { exact: true }).selectOption('1')
    expect(await pairs.innerText()).toContain('A and B are the same')
    await page.getByLabel('B', { exact: true }).selectOption('0')
    expect(await pairs.innerText()).toMatch(/narrow \(A\) minus wide \(B\): −20\.0 \[−80\.0, \+\d+\.0\]/)
    await pairs.getByRole('button', { name: 'Show all 3 in the table' }).click()
    expect(await ids(page)).toEqual(['two', 'three', 'four'])
  })

  it('shows none with only one policy', async () => {
    const page = await openReport(INSTANCES, ['wide'])
    expect(await page.getByRole('region', { name: 'Paired differences' }).innerText()).toContain('nothing to compare')
    expect(await page.getByLabel('A', { exact: true }).count()).toBe(0)
    const table = page.getByRole('region', { name: 'Instances' })
    expect(await table.getByLabel('Outcome').innerText()).not.toContain('differ')
  })
})

describe('an instance', () => {
  it('is a click away from its trajectories side by side, with the gold, and going back leads to the same place', async () => {
    const page = await openReport()
    await page.locator('.rows thead').getByRole('button', { name: 'instance' }).click()
    const row = page.getByRole('link', { name: 'four' }).last()
    await row.scrollIntoViewIfNeeded()
    const place = await page.evaluate('scrollY')
    await row.click()
    await page.locator('.summary').first().waitFor()
    expect(await page.locator('.summary h3').allInnerTexts()).toEqual(['scripted wide', 'scripted narrow'])
    expect(await page.title()).toBe('four · FuseSearch')
    const outcome = page.getByRole('region', { name: 'Outcome' })
    expect(await outcome.locator('tbody tr').first().innerText()).toMatch(
      /wide\s+0\s+0\s+2\s+5\s+50%\s+500 ms\s+shop\/other\.py/,
    )
    expect(await outcome.locator('tbody .right').allInnerTexts()).toEqual(['shop/cart.py'])
    expect(await page.locator('.files .gold-tag').count()).toBe(4)
    await page.locator('.call').first().click()
    expect(await page.locator('.panel h2').innerText()).toMatch(/turn 1, call 1 of 1/)
    // In the order of the table: five, four, one.
    await page.getByRole('button', { name: 'Previous instance' }).click()
    await page.getByRole('heading', { level: 1, name: 'five' }).waitFor()
    expect(await outcome.innerText()).toContain('unknown-commit: gone')
    await page.goBack()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Evaluation on made up' }).waitFor()
    expect(Math.abs(Number(await page.evaluate('scrollY')) - Number(place))).toBeLessThan(40)
  })

  it('opens directly from an address that names it', async () => {
    const url = await pageWith(await toldEvaluation(INSTANCES, ['wide'], temporaryFolder()))
    const page = await open(`${url}#instance=three`)
    await page.locator('.summary h3').waitFor()
    expect(await page.locator('h1').first().innerText()).toBe('three')
    const lost = await open(`${url}#instance=%zz`)
    expect(await lost.locator('h1').innerText()).toBe('Evaluation on made up')
  })
})

it("hides other systems' published numbers by default", async () => {
  const page = await openReport()
  const published = page.getByRole('region', { name: 'Published numbers of other systems' })
  expect(await published.locator('table').count()).toBe(0)
  expect(await page.locator('#app').innerText()).not.toContain('FastContext')
  await published.getByRole('button', { name: 'Show them' }).click()
  expect(await published.locator('tbody tr').count()).toBeGreaterThan(5)
})

it('is what eval writes: a page of real runs, with the trajectories of each instance', async () => {
  const folder = temporaryFolder()
  const samples = makeTinySamples(folder).slice(0, 4)
  writeFileSync(join(folder, 'tiny.jsonl'), samples.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const repos = ['--repos', join(folder, '{owner}+{name}'), '--cache', join(folder, 'cache'), '--quiet']
  const out = join(folder, 'run')
  const run = ['eval', join(folder, 'tiny.jsonl'), ...repos, '-p', 'embedded,sequential,bm25-code', '--out', out]
  const { code, stderr } = await runFusesearch(run)
  expect(code, stderr).toBe(0)
  const page = await open(pathToFileURL(join(out, 'report.html')).href)
  expect(await ids(page)).toEqual(samples.map(({ instance_id: id }) => id))
  await page.getByRole('link', { name: 'shop-1' }).last().click()
  await page.locator('.summary').first().waitFor()
  // The ranker records no trajectory.
  expect(await page.locator('.summary h3').allInnerTexts()).toEqual(['embedded', 'sequential'])
  expect(await page.locator('.issue-text').innerText()).toContain('order loses an entry')
  const { policies } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'))
  const { value } = policies[0].subsets.all.file.f1
  await page.getByRole('button', { name: 'All instances' }).click()
  expect(await page.getByRole('region', { name: 'Quality' }).innerText()).toContain(`${value.toFixed(1)} [`)
})
