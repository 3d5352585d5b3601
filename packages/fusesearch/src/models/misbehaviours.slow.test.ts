import { describe, expect, it } from 'vitest'
import { PATIENCE_MS, until } from '../../../../test/support/patience.ts'
import {
  MISBEHAVIOURS,
  type Misbehaviour,
  misbehaving,
  type ScriptedServer,
  startScriptedServer,
} from '../../../../test/support/scripted-model/index.ts'
import { FuseSearchError } from '../core/index.ts'
import { type ChatReply, type ChatRequest, createChatModel, type WireName } from './index.ts'

const KEY = 'sk-secret-0123456789'
const CODES = ['model-refused', 'model-reply-bad', 'model-unreachable']

const REQUEST: ChatRequest = {
  messages: [
    { role: 'system', content: 'Search.' },
    { role: 'user', content: 'Where is the bug?' },
  ],
  tools: [
    {
      name: 'grep',
      description: 'search',
      parameters: { type: 'object', properties: { pattern: { type: 'string' } } },
    },
    { name: 'answer', description: 'answer', parameters: { type: 'object', properties: { path: { type: 'string' } } } },
  ],
  toolChoice: 'auto',
  parallelToolCalls: false,
  temperature: 0.2,
  seed: 7,
  maxTokens: 500,
}

/** Only a timeout ends these, so they get a short one; the others get as much time as a busy machine needs. */
const STALLING = /^(silent|stalls|alive|huge-body|no-last-event-and-open)/

/** With these, the client can still get the whole reply. */
const HARMLESS =
  /^(?:.*-once|parallel-calls-refused|single-calls-refused|(?:seed|stream-options|temperature|tool-choice|cache-control|every-parameter)-refused|token-limit-renamed|slow-drip|wrong-content-type|other-form|byte-order-mark|content-in-parts|crlf-lines|cr-lines|comments-and-pings|no-.*lines|no-last-.*|unknown-events|index-.*|name-in-every-piece|whole-message-.*|usage-.*|cached-.*|finish-stop-.*|finish-unknown|arguments-as-object|duplicate-ids|missing-ids|ids-.*)$/

/** The error code of each of these, streamed or not, in both wire forms. */
const FAILING: Readonly<Record<string, string>> = {
  'rate-limited-forever': 'model-unreachable',
  'rate-limited-for-an-hour': 'model-unreachable',
  'quota-exhausted': 'model-refused',
  'unavailable-forever': 'model-unreachable',
  'gateway-page': 'model-unreachable',
  'key-refused-and-echoed': 'model-refused',
  'model-unknown': 'model-refused',
  'context-too-long': 'model-refused',
  'tools-refused': 'model-refused',
  forbidden: 'model-refused',
  'redirect-to-other-host': 'model-refused',
  'reset-before-headers': 'model-unreachable',
  'reset-in-mid-reply': 'model-unreachable',
  'silent-forever': 'model-unreachable',
  'stalls-in-mid-reply': 'model-unreachable',
  'alive-forever': 'model-unreachable',
  'html-page': 'model-reply-bad',
  'empty-body': 'model-reply-bad',
  'empty-object': 'model-reply-bad',
  'not-an-object': 'model-reply-bad',
  'malformed-json': 'model-reply-bad',
  'error-with-200': 'model-refused',
  'error-event': 'model-unreachable',
}

const REPLY = { text: 'Two calls.', calls: [call('a'), call('b')] }

function call(pattern: string) {
  return { name: 'grep', arguments: { pattern } }
}

/** The outcome of a request: the reply, or the error. */
type Outcome = { readonly reply: ChatReply } | { readonly code: string; readonly message: string }

interface Play {
  readonly misbehaviour: Misbehaviour
  readonly wire: WireName
  readonly streaming: boolean
}

async function play({ misbehaviour, streaming, wire }: Play): Promise<{ outcome: Outcome; server: ScriptedServer }> {
  const script = misbehaving(misbehaviour.name, [REPLY])
  const server = await startScriptedServer({ script, closesConnections: true })
  const model = createChatModel({
    wire,
    model: 'scripted',
    baseUrl: server.url,
    key: KEY,
    streaming,
    ...(STALLING.test(misbehaviour.name) ? { timeoutMs: 150, totalTimeoutMs: 400 } : {}),
    retries: { attempts: 2, firstWaitMs: 1 },
  })
  try {
    const reply = await model.complete(REQUEST, AbortSignal.timeout(PATIENCE_MS))
    return { outcome: { reply }, server }
  } catch (error) {
    if (!(error instanceof FuseSearchError)) throw error
    return { outcome: { code: error.code, message: error.message }, server }
  } finally {
    await model.close()
  }
}

const PLAYS: readonly Play[] = MISBEHAVIOURS.flatMap((misbehaviour) =>
  misbehaviour.wires.flatMap((wire) => [true, false].map((streaming) => ({ misbehaviour, wire, streaming }))),
)

describe('every misbehaviour ends in a reply or a typed error, in time, with nothing left open', () => {
  it.concurrent.each(PLAYS.map((one) => [`${one.misbehaviour.name} ${one.wire} ${one.streaming}`, one] as const))(
    '%s',
    async (_, one) => {
      // What takes longer than it may is an abort, which is no typed error.
      const { outcome, server } = await play(one)
      // A connection closes shortly after its last byte.
      await until(() => server.openSockets() === 0)
      await server.close()
      expect(JSON.stringify(outcome)).not.toContain(KEY)
      expect(server.errors).toEqual([])
      if (HARMLESS.test(one.misbehaviour.name)) {
        const given = {
          text: 'Two calls.',
          toolCalls: ['a', 'b'].map((pattern) => ({ argumentsText: JSON.stringify({ pattern }) })),
        }
        expect(outcome).toMatchObject({ reply: given })
      }
      const code = FAILING[one.misbehaviour.name]
      if (code !== undefined) expect(outcome).toMatchObject({ code })
      if ('code' in outcome) expect(CODES).toContain(outcome.code)
      else expect(new Set(outcome.reply.toolCalls.map(({ id }) => id)).size).toBe(outcome.reply.toolCalls.length)
    },
  )
})
