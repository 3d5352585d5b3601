import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createRecorder, parseTrajectory } from '../packages/fusesearch/src/agent/index.ts'
import { locate } from '../packages/fusesearch/src/locate/index.ts'
import { createChatModel, type WireName } from '../packages/fusesearch/src/models/index.ts'
import { createLlmPolicy } from '../packages/fusesearch/src/policies/index.ts'
import { MODEL_LIMITS } from '../packages/fusesearch/src/search/index.ts'
import { SHOP, SHOP_ISSUE, writeFiles } from './support/folder.ts'
import { PATIENCE_MS, until } from './support/patience.ts'
import {
  MISBEHAVIOURS,
  type Misbehaviour,
  misbehaving,
  type ScriptedReply,
  startScriptedServer,
} from './support/scripted-model/index.ts'

const KEY = 'sk-secret-0123456789'
const DEADLINE_MS = 10_000

const SCRIPT: readonly ScriptedReply[] = [
  {
    calls: [
      { name: 'grep', arguments: { pattern: 'apply_discount' } },
      { name: 'glob', arguments: { patterns: ['*.py'] } },
    ],
  },
  {
    calls: [
      {
        name: 'answer',
        arguments: { files: [{ path: 'shop/cart.py', functions: [{ name: 'Cart.apply_discount' }] }] },
      },
    ],
  },
]

const ERROR_CODES = ['model-refused', 'model-reply-bad', 'model-unreachable']
const root = writeFiles(realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-llm-'))), SHOP)
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Play {
  readonly misbehaviour: Misbehaviour['name']
  readonly wire: WireName
}

/** A whole run against a server that misbehaves in each of its replies. */
async function play({ misbehaviour, wire }: Play) {
  const server = await startScriptedServer({ script: misbehaving(misbehaviour, SCRIPT), closesConnections: true })
  const model = createChatModel({
    wire,
    model: 'scripted',
    baseUrl: server.url,
    key: KEY,
    timeoutMs: 150,
    totalTimeoutMs: 400,
    retries: { attempts: 2, firstWaitMs: 1 },
  })
  let text = ''
  const facts = { tool: { name: 'test', version: '0' }, limits: MODEL_LIMITS, repository: {}, full: true }
  try {
    const startedMs = performance.now()
    const result = await locate({
      repository: root,
      issue: SHOP_ISSUE,
      policy: createLlmPolicy({ model }),
      limits: MODEL_LIMITS,
      budget: { maxTurns: 4, deadlineMs: DEADLINE_MS },
      record: createRecorder(facts, (line) => {
        text += line
      }),
    })
    const ms = performance.now() - startedMs
    await model.close()
    return {
      result,
      ms,
      text,
      trajectory: await parseTrajectory(text),
      // Connections end a moment after their last byte.
      leaks: await until(() => server.openSockets() === 0).then(
        () => 0,
        () => server.openSockets(),
      ),
      errors: server.errors,
    }
  } finally {
    await server.close()
  }
}

const PLAYS = MISBEHAVIOURS.flatMap(({ name, wires }) => wires.map((wire): Play => ({ misbehaviour: name, wire })))

describe('a run against an endpoint that misbehaves', () => {
  it('knows at least forty ways', () => {
    expect(MISBEHAVIOURS.length).toBeGreaterThanOrEqual(40)
  })

  it.concurrent.each(PLAYS)('ends well: $misbehaviour, $wire', async ({ misbehaviour, wire }) => {
    const { result, ms, text, trajectory, leaks, errors } = await play({ misbehaviour, wire })
    expect(ms).toBeLessThan(DEADLINE_MS + PATIENCE_MS)
    expect(trajectory.complete).toBe(true)
    const failure = trajectory.end?.failure ?? null
    if (failure !== null) expect(ERROR_CODES).toContain(failure.code)
    for (const { path } of result.files) expect(Object.keys(SHOP)).toContain(path)
    // Whatever was seen leads to an answer; only an endpoint that never spoke sense leaves nothing to answer from.
    const hasSeen = trajectory.turns.some(({ gains }) => gains.some((gain) => gain > 0))
    if (hasSeen && misbehaviour !== 'invented-paths') expect(result.files.length).toBeGreaterThan(0)
    expect(text).not.toContain(KEY)
    expect(JSON.stringify(result)).not.toContain(KEY)
    expect({ errors, leaks }).toEqual({ errors: [], leaks: 0 })
  })
})
