import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withoutTimings } from '../../packages/fusesearch/src/agent/index.ts'
import type { ChatModel } from '../../packages/fusesearch/src/models/index.ts'
import { SHOP, SHOP_ISSUE } from '../support/folder.ts'
import { MAX_TURNS, makePlace, openModel, type Place, type Search, search, TEMPERATURE } from './searches.ts'

/** A folder with node-llama-cpp and fusesearch in it: `npm run test:llama` makes it; without it there is no engine. */
const PACKAGES = process.env.FUSESEARCH_LLAMA_PACKAGES
const REPORT = process.env.FUSESEARCH_LLAMA_REPORT
const SEEDS = [1, 2, 3, 4]
const AT_ONCE_MS = 1_000

/** Every second search has turns of exactly so many calls. */
const BREADTH = 4
const optionsOf = (seed: number) => (seed % 2 === 0 ? { seed, breadth: BREADTH } : { seed })

describe.skipIf(PACKAGES === undefined)('a real engine', { timeout: 300_000 }, () => {
  let place: Place
  let model: ChatModel
  const searches: Search[] = []

  beforeAll(async () => {
    place = makePlace(realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-llama-'))))
    model = openModel(place, PACKAGES ?? '')
    for (const seed of SEEDS) searches.push(await search(model, place, optionsOf(seed)))
    const calls = searches.map(({ result }) => result.stats.calls)
    report(`model: ${place.modelBytes} bytes of random weights; ${SEEDS.length} searches of up to ${MAX_TURNS} turns`)
    report(`turns ${searches.map(({ result }) => result.stats.turns).join(', ')}; calls ${calls.join(', ')}`)
  }, 600_000)

  afterAll(async () => {
    await model.close()
    rmSync(place.folder, { recursive: true, force: true })
  })

  it('writes calls of the tools that it may call, and nothing else', () => {
    const all = searches.flatMap((one) => one.exchanges)
    const exchanges = all.filter(({ reply }) => reply.finish !== 'length')
    // A model that knows nothing may write until its tokens run out.
    expect(exchanges.length).toBeGreaterThan(all.length / 2)
    for (const { reply, request } of exchanges) {
      const forced = typeof request.toolChoice === 'object' ? [request.toolChoice.name] : undefined
      const names = forced ?? request.tools.map(({ name }) => name)
      expect(reply).toMatchObject({ text: '', finish: 'tool-calls' })
      expect(reply.toolCalls.length).toBeGreaterThan(0)
      for (const call of reply.toolCalls) {
        expect(names).toContain(call.name)
        expect(JSON.parse(call.argumentsText)).toBeTypeOf('object')
      }
    }
    const several = exchanges.filter(({ reply }) => reply.toolCalls.length > 1)
    expect(several.length).toBeGreaterThan(0)
    // A grammar holds the reply to its turn, and the answer stands alone.
    for (const { reply, request } of exchanges) {
      const { maxCalls = 1, minCalls = 1 } = request.shape ?? {}
      const isAnswer = reply.toolCalls.some(({ name }) => name === 'answer')
      expect(reply.toolCalls.length).toBeLessThanOrEqual(isAnswer ? 1 : maxCalls)
      expect(reply.toolCalls.length).toBeGreaterThanOrEqual(isAnswer ? 1 : minCalls)
    }
    report(
      `${all.length} replies, ${exchanges.length} of them whole and as the grammar has them; ${several.length} with several calls`,
    )
  })

  it('is shown what its calls brought, and answers with what the repository has', () => {
    const lines = Object.values(SHOP).flatMap((text) => text.split('\n').filter((line) => line.trim().length > 8))
    const told = searches.flatMap(({ exchanges }) => exchanges.at(-1)?.request.messages ?? [])
    const shown = told.filter(({ role, content }) => role === 'tool' && lines.some((line) => content.includes(line)))
    expect(shown.length).toBeGreaterThan(0)
    const answered = searches.flatMap(({ result }) => result.files)
    expect(answered.length).toBeGreaterThan(0)
    for (const { path } of answered) expect(existsSync(join(place.repository, path))).toBe(true)
    for (const { trajectory } of searches) expect(trajectory.complete).toBe(true)
    const stops = searches.map(({ result }) => result.stoppedBy)
    report(
      `${shown.length} results with lines of files shown; ended by ${stops.join(', ')}; ${answered.length} files answered, all there`,
    )
  })

  it('counts tokens, most of them from its cache', () => {
    for (const { exchanges, result } of searches) {
      const { cachedTokens = null, inputTokens = 0, isEstimated, outputTokens, requests } = result.stats.model ?? {}
      expect({ requests, isEstimated }).toEqual({ requests: exchanges.length, isEstimated: false })
      expect(outputTokens).toBeGreaterThan(0)
      expect(cachedTokens).toBeLessThanOrEqual(inputTokens)
    }
    const later = searches.flatMap(({ exchanges }) => exchanges.slice(1)).map(({ reply }) => reply.usage)
    const shares = later.map((usage) => (usage?.cachedTokens ?? 0) / (usage?.inputTokens ?? 1))
    expect(Math.min(...shares)).toBeGreaterThan(0.5)
    report(
      `from the cache behind the first reply of a search: at least ${Math.floor(Math.min(...shares) * 100)} % of the input`,
    )
  })

  it('repeats a search by its seed', async () => {
    const seed = SEEDS[1] ?? 0
    const again = await search(model, place, optionsOf(seed))
    expect(repeatable(again)).toEqual(repeatable(searches[1]))
    expect(repeatable(searches[0])).not.toEqual(repeatable(searches[1]))
    report('the same seed and temperature: the same trajectory')
  })

  it('ends at once when it is aborted, and can be asked again', async () => {
    const fresh = openModel(place, PACKAGES ?? '')
    await fresh.complete(
      { messages: [{ role: 'user', content: 'ready?' }], tools: [], maxTokens: 3 },
      new AbortController().signal,
    )
    const controller = new AbortController()
    const reason = new Error('enough')
    // Within the reading of the first prompt.
    const aborted = search(fresh, place, { seed: 9, signal: controller.signal }).catch((error: unknown) => error)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const startedMs = performance.now()
    controller.abort(reason)
    expect(await aborted).toBe(reason)
    const endedMs = performance.now() - startedMs
    expect(endedMs).toBeLessThan(AT_ONCE_MS)
    const { exchanges } = await search(fresh, place, { seed: 10 })
    expect(exchanges.length).toBeGreaterThan(0)
    await fresh.close()
    expect(childProcesses()).toEqual([])
    report(`aborted while it read: ended after ${Math.round(endedMs)} ms, no process left, asked again`)
  })

  it('drives the command', async () => {
    const main = join(PACKAGES ?? '', 'node_modules/fusesearch/dist/cli/main.js')
    const own = ['--policy', 'llm', '--model', place.modelPath, '--temperature', String(TEMPERATURE), '--seed', '2']
    const limits = ['--max-turns', String(MAX_TURNS), '--max-reply-tokens', '1500', '--json']
    const { code, isGone, stderr, stdout } = await runGroup([
      main,
      'locate',
      SHOP_ISSUE,
      '--repo',
      place.repository,
      ...own,
      ...limits,
    ])
    expect({ code, stderr }).toMatchObject({ code: expect.toBeOneOf([0, 1]), stderr: '' })
    const { files, stats } = JSON.parse(stdout) as Search['result']
    for (const { path } of files) expect(existsSync(join(place.repository, path))).toBe(true)
    expect(stats.model?.outputTokens).toBeGreaterThan(0)
    expect(isGone).toBe(true)
    report(`fusesearch locate --policy llm --model tiny.gguf: ${stats.turns} turns, exit ${code}, no process left`)
  })
})

/** What must be the same in two searches of one seed: all but times, and what the last chat left in the cache. */
function repeatable(one: Search | undefined): unknown {
  const { end, turns, ...rest } = withoutTimings((one as Search).trajectory)
  const cacheless = JSON.stringify({ rest, end, turns }).replaceAll(/"cachedTokens":\d+/g, '"cachedTokens":0')
  return JSON.parse(cacheless.replaceAll(/"startedAt":"[^"]*"/g, '""'))
}

function report(line: string): void {
  if (REPORT !== undefined) appendFileSync(REPORT, `${line}\n`)
}

/** Processes that this one began and that are there still; none where the system doesn't say. */
function childProcesses(): readonly string[] {
  const tasks = '/proc/self/task'
  if (!existsSync(tasks)) return []
  return readdirSync(tasks).flatMap((task) => {
    const children = readFileSync(join(tasks, task, 'children'), 'utf8').split(' ')
    return children.filter((id) => id !== '').map((id) => readFileSync(`/proc/${id}/cmdline`, 'utf8'))
  })
}

/** Runs a command in a process group of its own, and says whether all of the group is gone at its end. */
function runGroup(args: readonly string[]) {
  const child = spawn(process.execPath, [...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  return new Promise<{ code: number | null; isGone: boolean; stderr: string; stdout: string }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, isGone: isGroupGone(child.pid ?? 0), stderr, stdout }))
  })
}

function isGroupGone(id: number): boolean {
  try {
    process.kill(-id, 0)
    return false
  } catch {
    return true
  }
}
