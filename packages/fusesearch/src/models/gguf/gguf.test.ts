import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ChatRequest } from '../chat.ts'
import { createGgufModel, refusalKind } from '../index.ts'
import { callsSchema, grammarSchema, toHistory, withoutNulls } from './chat.ts'
import { createQueue } from './queue.ts'

const GREP = {
  name: 'grep',
  description: 'searches',
  parameters: {
    type: 'object',
    required: ['pattern'],
    properties: {
      pattern: { type: 'string', description: 'what' },
      mode: { enum: ['content', 'paths'] },
      context: { type: 'integer', minimum: 0 },
      globs: { type: 'array', items: { type: 'string' }, maxItems: 3 },
    },
  },
}
const ANSWER = { name: 'answer', description: 'ends', parameters: { type: 'object', properties: {} } }
const REQUEST: ChatRequest = {
  messages: [
    { role: 'system', content: 'Search.' },
    { role: 'user', content: 'Issue.' },
  ],
  tools: [GREP, ANSWER],
  maxTokens: 50,
}
const SIGNAL = AbortSignal.timeout(10_000)

/** An engine in a file, as the package would be: it says what its grammar is and keeps what it was asked. */
const ENGINE = `
export class LlamaChat {
  constructor({ contextSequence }) { this.sequence = contextSequence }
  async generateResponse(history, { grammar, maxTokens, signal }) {
    signal.throwIfAborted()
    // Reads all of it, whatever the signal says.
    if (history.at(-1).text.includes('slow')) await new Promise((_, reject) => { this.sequence.stop = reject })
    if (history.at(-1).text.includes('fail')) throw new Error('out of memory')
    const name = grammar?.schema.properties.calls.items.oneOf[0].properties.name.const
    if (grammar !== undefined && !history[0].text.includes('"name":"grep"')) throw new Error('told of less than all tools')
    const whole = JSON.stringify({ calls: [{ name, arguments: { pattern: history.length + ' messages', mode: null } }] })
    const response = grammar === undefined ? 'plain' : maxTokens < 5 ? whole.slice(0, 9) : whole
    this.sequence.tokenMeter.usedInputTokens += 7
    this.sequence.tokenMeter.usedOutputTokens += 3
    this.sequence.nextTokenIndex = 30
    return { response, fullResponse: [{ text: 'hm' }, response], metadata: { stopReason: maxTokens < 5 ? 'maxTokens' : 'eogToken' } }
  }
}
export const getLlama = async () => ({
  loadModel: async ({ modelPath }) => modelPath.includes('broken') ? Promise.reject(new Error('no GGUF')) : ({
    tokenize: (text) => text.split(' '),
    createContext: async ({ contextSize = 1000 }) => {
      const sequence = { nextTokenIndex: 0, tokenMeter: { usedInputTokens: 100, usedOutputTokens: 10 } }
      return { contextSize, getSequence: () => sequence, dispose: async () => sequence.stop(new Error('disposed')) }
    },
  }),
  createGrammarForJsonSchema: async (schema) => ({ schema }),
  dispose: async () => {},
})
`

function files(): { readonly path: string; readonly engine: string } {
  const folder = mkdtempSync(join(tmpdir(), 'fusesearch-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [path, engine] = [join(folder, 'tiny.gguf'), join(folder, 'engine.mjs')]
  writeFileSync(path, '')
  writeFileSync(engine, ENGINE)
  return { path, engine: pathToFileURL(engine).href }
}

describe('a GGUF model', () => {
  it('says how to install what it needs, and which file is missing', async () => {
    const { path } = files()
    await expect(createGgufModel({ path }).complete(REQUEST, SIGNAL)).rejects.toMatchObject({
      code: 'model-missing',
      message: expect.stringMatching(/npm install node-llama-cpp@3\.22\.1$/),
    })
    await expect(createGgufModel({ path: `${path}x` }).complete(REQUEST, SIGNAL)).rejects.toThrow(
      /tiny\.ggufx can't be read/,
    )
  })

  it('says which file the engine refuses', async () => {
    const { engine, path } = files()
    const broken = path.replace('tiny', 'broken')
    writeFileSync(broken, '')
    const model = createGgufModel({ path: broken, engine })
    await expect(model.complete(REQUEST, SIGNAL)).rejects.toMatchObject({
      code: 'model-missing',
      message: expect.stringMatching(/broken\.gguf can't be loaded: no GGUF\. Name/),
    })
  })

  it('makes calls of what the grammar let it write, and counts tokens', async () => {
    const model = createGgufModel(files())
    const reply = await model.complete(REQUEST, SIGNAL)
    expect(reply).toMatchObject({
      text: '',
      reasoning: 'hm',
      finish: 'tool-calls',
      toolCalls: [{ id: 'call_1', name: 'grep', argumentsText: '{"pattern":"2 messages"}' }],
      usage: { inputTokens: 27, outputTokens: 3, cachedTokens: 20 },
    })
    const forced = await model.complete({ ...REQUEST, toolChoice: { name: 'answer' } }, SIGNAL)
    expect(forced.toolCalls[0]?.name).toBe('answer')
    expect(await model.complete({ ...REQUEST, tools: [] }, SIGNAL)).toMatchObject({ text: 'plain', finish: 'stop' })
    expect(await model.complete({ ...REQUEST, maxTokens: 2 }, SIGNAL)).toMatchObject({
      text: '{"calls":',
      finish: 'length',
    })
    await model.close()
  })

  it('refuses a chat longer than its context, and tells when its engine fails', async () => {
    const small = createGgufModel({ ...files(), contextSize: 60 })
    const error: unknown = await small.complete(REQUEST, SIGNAL).catch((thrown: unknown) => thrown)
    expect(refusalKind(error)).toBe('context')
    const model = createGgufModel(files())
    const request = { ...REQUEST, messages: [{ role: 'user', content: 'fail' }] } as const
    await expect(model.complete(request, SIGNAL)).rejects.toMatchObject({
      code: 'model-reply-bad',
      message: /out of memory/,
    })
    expect((await model.complete(REQUEST, SIGNAL)).finish).toBe('tool-calls')
  })
})

it('stops an engine that reads on after an abort, and asks it again', async () => {
  const model = createGgufModel(files())
  const controller = new AbortController()
  const slow = { ...REQUEST, messages: [{ role: 'user', content: 'slow' }] } as const
  const reading = model.complete(slow, controller.signal)
  await new Promise((resolve) => setTimeout(resolve, 50))
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
  // Waits for its turn behind the one that was stopped.
  expect((await model.complete(REQUEST, SIGNAL)).usage).toEqual({ inputTokens: 27, outputTokens: 3, cachedTokens: 20 })
  await model.close()
})

it('writes schemas in the part that grammars know, optional properties as null', () => {
  expect(grammarSchema(GREP.parameters)).toEqual({
    type: 'object',
    properties: {
      pattern: { type: 'string', maxLength: 200 },
      mode: { oneOf: [{ enum: ['content', 'paths'] }, { type: 'null' }] },
      context: { oneOf: [{ type: 'integer' }, { type: 'null' }] },
      globs: {
        oneOf: [
          { type: 'array', items: { type: 'string', maxLength: 200 }, minItems: 0, maxItems: 3 },
          { type: 'null' },
        ],
      },
    },
  })
  expect(callsSchema([ANSWER], 1)).toEqual({
    type: 'object',
    properties: {
      calls: {
        type: 'array',
        minItems: 1,
        maxItems: 1,
        items: {
          oneOf: [
            {
              type: 'object',
              properties: { name: { const: 'answer' }, arguments: { type: 'object', properties: {} } },
            },
          ],
        },
      },
    },
  })
  expect(grammarSchema({ type: 'string', minLength: 1 })).toEqual({ type: 'string', minLength: 1, maxLength: 200 })
  expect(withoutNulls(JSON.parse('[1e999,-1e999]'))).toEqual([Number.MAX_VALUE, -Number.MAX_VALUE])
  expect(withoutNulls({ a: null, b: [{ c: null, d: 1 }] })).toEqual({ b: [{ d: 1 }] })
})

it('tells of tools in the system prompt, and of results in one message of the user', () => {
  const history = toHistory(
    [
      ...REQUEST.messages,
      { role: 'assistant', content: '', toolCalls: [{ id: 'a', name: 'grep', argumentsText: '{"pattern":"x"}' }] },
      { role: 'tool', callId: 'a', name: 'grep', content: 'one' },
      { role: 'user', content: 'Turn 2.' },
    ],
    [ANSWER],
  )
  expect(history.slice(1)).toEqual([
    { type: 'user', text: 'Issue.' },
    { type: 'model', response: ['{"calls":[{"name":"grep","arguments":{"pattern":"x"}}]}'] },
    { type: 'user', text: '[result of grep]\none\n\nTurn 2.' },
  ])
  expect(history[0]).toMatchObject({ type: 'system', text: expect.stringMatching(/^Search\.[^]*"name":"answer"/) })
})

it('answers one after the other, and gives up a waiting one at once', async () => {
  const queue = createQueue()
  const order: string[] = []
  const controller = new AbortController()
  const slow = queue(async () => {
    await new Promise((resolve) => setTimeout(resolve, 30))
    order.push('slow')
  }, SIGNAL)
  const waiting = queue(async () => void order.push('never'), controller.signal)
  const after = queue(async () => void order.push('after'), SIGNAL)
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  expect(order).toEqual([])
  await Promise.all([slow, after])
  expect(order).toEqual(['slow', 'after'])
})
