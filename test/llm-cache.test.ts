import { describe, expect, it, onTestFinished } from 'vitest'
import { locate } from '../packages/fusesearch/src/locate/index.ts'
import { createChatModel, type WireName } from '../packages/fusesearch/src/models/index.ts'
import { createEmbeddedPolicy, createLlmPolicy, type LlmOptions } from '../packages/fusesearch/src/policies/index.ts'
import { MODEL_LIMITS } from '../packages/fusesearch/src/search/index.ts'
import { SHOP, SHOP_ISSUE, temporaryFolder, writeFiles } from './support/folder.ts'
import { type ScriptedReply, startScriptedServer } from './support/scripted-model/index.ts'

const call = (name: string, given: unknown) => ({ name, arguments: given })
/** Turns of every kind: parallel calls, a repaired and an unknown one, an empty reply, prose, one too many, a late answer. */
const SCRIPT: readonly ScriptedReply[] = [
  {
    text: 'I look.',
    calls: [call('grep', { pattern: 'apply_discount' }), call('glob', { patterns: '*.py' }), call('search', { q: 1 })],
  },
  { text: '' },
  { calls: [call('read_file', '{"path": "shop/cart.py",}')] },
  { text: 'Let me think.' },
  { calls: Array.from({ length: 12 }, (_, index) => call('grep', { pattern: `item${index}` })) },
  { calls: [call('grep', { pattern: 'Cart' })] },
  { calls: [call('answer', { files: [{ path: 'shop/cart.py' }] })] },
]

interface Sent {
  /** What an endpoint puts before the chat: its tools and system prompt, as they were sent. */
  readonly head: string
  /** The chat as it was sent, without the bracket behind it. */
  readonly chat: string
  readonly choice: string
}

async function requestsOf(wire: WireName, options: Partial<LlmOptions> = {}): Promise<readonly Sent[]> {
  const server = await startScriptedServer({ script: SCRIPT })
  onTestFinished(() => server.close())
  const model = createChatModel({ wire, model: 'scripted', baseUrl: server.url })
  onTestFinished(() => model.close())
  const { files } = await locate({
    repository: writeFiles(temporaryFolder(), SHOP),
    issue: SHOP_ISSUE,
    policy: createLlmPolicy({ model, ...options }),
    limits: MODEL_LIMITS,
    budget: { maxTurns: 4 },
  })
  expect(files.map(({ path }) => path)).toEqual(['shop/cart.py'])
  return server.requests.map(({ body }) => ({
    head: toText([body.tools, body.system]),
    chat: toText(body.messages).slice(0, -1),
    choice: toText(body.tool_choice),
  }))
}

/** As it was sent; marks of what may be cached are no part of what is cached. */
function toText(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => (key === 'cache_control' ? undefined : part)) ?? ''
}

const MODES: readonly [string, Partial<LlmOptions>][] = [
  ['adaptive', {}],
  ['one call a turn', { breadth: 1, context: { novelty: true } }],
  ['three calls a turn, in text', { breadth: 3, toolForm: 'text' }],
  ['with a seeded first turn and a fallback', { seedWith: createEmbeddedPolicy(), fallback: createEmbeddedPolicy() }],
]

describe.each<WireName>(['openai', 'anthropic'])('what is sent to an endpoint with a prompt cache: %s', (wire) => {
  it.each(MODES)('begins with the very bytes of the request before: %s', async (_, options) => {
    const sent = await requestsOf(wire, options)
    expect(sent.length).toBeGreaterThan(4)
    for (const [index, { chat, head }] of sent.slice(1).entries()) {
      const before = sent[index]
      expect(head).toBe(before?.head)
      expect(chat.startsWith(`${before?.chat},`)).toBe(true)
    }
  })

  it('changes the tool choice only where that costs no cache, or words did not help', async () => {
    const forced = (await requestsOf(wire)).map(({ choice }) => choice.includes('answer'))
    // The last turn has two requests, since its first reply could not be used.
    expect(forced.slice(0, -2)).not.toContain(true)
    expect(forced.slice(-2)).toEqual([wire === 'openai', true])
  })
})
