import { appendFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocateResult, locate } from '../../packages/fusesearch/src/locate/index.ts'
import type { ChatModel } from '../../packages/fusesearch/src/models/index.ts'
import { createEmbeddedPolicy, type LlmOptions } from '../../packages/fusesearch/src/policies/index.ts'
import { SHOP_ISSUE } from '../support/folder.ts'
import { makePlace, openModel, type Place, type Search, search } from './searches.ts'

/** `npm run test:llama -- --model FILE` sets both. */
const PACKAGES = process.env.FUSESEARCH_LLAMA_PACKAGES
const MODEL = process.env.FUSESEARCH_LLAMA_MODEL

/** As docs/llm-local.md runs a small model. */
const SMALL: Partial<LlmOptions> = {
  temperature: 0,
  contextLength: 4_096,
  maxReplyTokens: 256,
  context: { maxTokensPerTurn: 400 },
}
const MODES: Readonly<Record<string, Partial<LlmOptions>>> = {
  adaptive: {},
  text: { toolForm: 'text' },
  seeded: { seedWith: createEmbeddedPolicy() },
  'with a fallback': { fallback: createEmbeddedPolicy() },
}

describe.skipIf(PACKAGES === undefined || MODEL === undefined)('a real model', { timeout: 1_200_000 }, () => {
  let place: Place
  let model: ChatModel

  beforeAll(() => {
    place = { ...makePlace(realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-real-')))), modelPath: MODEL ?? '' }
    model = openModel(place, PACKAGES ?? '')
  })

  afterAll(async () => {
    await model.close()
    rmSync(place.folder, { recursive: true, force: true })
  })

  it.each(Object.entries(MODES))('goes the whole way: %s', async (mode, settings) => {
    const run = await search(model, place, {
      seed: Object.keys(MODES).indexOf(mode),
      settings: { ...SMALL, ...settings },
    })
    report(mode, run)
    expect(run.trajectory.complete).toBe(true)
    expect(run.exchanges.length).toBeGreaterThan(0)
    for (const { path } of run.result.files) expect(existsSync(join(place.repository, path))).toBe(true)
    if (mode === 'with a fallback' || mode === 'seeded') expect(run.result.files.length).toBeGreaterThan(0)
    if (mode !== 'with a fallback' && run.trajectory.end?.failure == null) return
    // However the model did, the fallback's answer is that of no model.
    const alone = await locate({ repository: place.repository, issue: SHOP_ISSUE, policy: createEmbeddedPolicy() })
    expect(namesOf(run.result)).toEqual(namesOf(alone))
  })
})

/** Evidence names turns, which the model's own turns move. */
function namesOf({ files }: LocateResult): readonly unknown[] {
  return files.map(({ path, functions }) => [path, functions.map(({ name }) => name)])
}

function report(mode: string, { result, exchanges }: Search): void {
  const { inputTokens = 0, cachedTokens, outputTokens = 0, ms = 0 } = result.stats.model ?? {}
  const tokens = `${inputTokens} tokens in (${cachedTokens ?? 0} cached), ${outputTokens} out, ${Math.round(ms / 1000)} s`
  const line = `${mode}: ${exchanges.length} replies, ${result.stats.calls} calls, ended by ${result.stoppedBy}; ${tokens}`
  if (process.env.FUSESEARCH_LLAMA_REPORT !== undefined)
    appendFileSync(process.env.FUSESEARCH_LLAMA_REPORT, `${line}\n`)
}
