import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { locate } from '../packages/fusesearch/src/locate/index.ts'
import { createChatModel } from '../packages/fusesearch/src/models/index.ts'
import { createEmbeddedPolicy, createLlmPolicy } from '../packages/fusesearch/src/policies/index.ts'
import { MODEL_LIMITS } from '../packages/fusesearch/src/search/index.ts'
import { SHOP, SHOP_ISSUE, writeFiles } from './support/folder.ts'
import { MISBEHAVIOURS, misbehaving, startScriptedServer } from './support/scripted-model/index.ts'

const root = writeFiles(realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-fallback-'))), SHOP)
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Plays that mend themselves go by this. */
const GOOD = [
  { calls: [{ name: 'grep', arguments: { pattern: 'def ' } }] },
  { calls: [{ name: 'answer', arguments: { files: [{ path: 'shop/cart.py' }] } }] },
]

describe('whatever the endpoint does', () => {
  it.concurrent.each(MISBEHAVIOURS)('a fallback finds a file: $name', async ({ name, wires }) => {
    const server = await startScriptedServer({ script: misbehaving(name, GOOD), closesConnections: true })
    const [wire = 'openai'] = wires
    const times = { timeoutMs: 150, totalTimeoutMs: 400, retries: { attempts: 2, firstWaitMs: 1 } }
    const model = createChatModel({ wire, model: 'scripted', baseUrl: server.url, ...times })
    try {
      const { files } = await locate({
        repository: root,
        issue: SHOP_ISSUE,
        policy: createLlmPolicy({ model, fallback: createEmbeddedPolicy() }),
        limits: MODEL_LIMITS,
        budget: { maxTurns: 5 },
      })
      expect(files.length).toBeGreaterThan(0)
      for (const { path } of files) expect(Object.keys(SHOP)).toContain(path)
    } finally {
      await model.close()
      await server.close()
    }
  })
})
