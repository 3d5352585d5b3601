import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ChatRequest } from '../chat.ts'
import { createGgufModel, refusalKind } from '../index.ts'
import { callsOf, toHistory } from './chat.ts'
import { callsGrammar } from './grammar.ts'

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
const SIGNAL = new AbortController().signal

/** A fake engine in a file, like the package: it replies with its grammar and records its requests. */
const ENGINE = `
import { readFileSync, writeFileSync } from 'node:fs'
export class LlamaChat {
  constructor({ contextSequence }) { this.sequence = contextSequence }
  async generateResponse(history, { grammar, maxTokens, signal }) {
    signal.throwIfAborted()
    // Reads all of it, whatever the signal says.
    if (history.at(-1).text.includes('slow')) await new Promise((_, reject) => { this.sequence.stop = reject })
    if (history.at(-1).text.includes('fail')) throw new Error('out of memory')
    const name = grammar?.grammar.match(/name\\\\":\\\\"(\\w+)/)?.[1]
    if (grammar !== undefined && !history[0].text.includes('"name":"grep"')) throw new Error('told of less than all tools')
    const whole = JSON.stringify({ calls: [{ name, arguments: { pattern: history.length + ' messages' } }] })
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
      const sequence = {
        nextTokenIndex: 0,
        tokenMeter: { usedInputTokens: 100, usedOutputTokens: 10 },
        saveStateToFile: async (path) => writeFileSync(path, 'state of ' + sequence.nextTokenIndex),
        loadStateFromFile: async (path) => {
          if (!readFileSync(path, 'utf8').startsWith('state of')) throw new Error('no state')
          sequence.nextTokenIndex = 25
        },
      }
      return { contextSize, getSequence: () => sequence, dispose: async () => sequence.stop(new Error('disposed')) }
    },
  }),
  createGrammar: async ({ grammar }) => ({ grammar }),
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

it('keeps what it has read of the beginning of all chats for the next process', async () => {
  const { engine, path } = files()
  const stateFolder = join(path, '..', 'states')
  const ask = async (messages = REQUEST.messages): Promise<number | undefined> => {
    const model = createGgufModel({ path, engine, stateFolder })
    const { usage } = await model.complete({ ...REQUEST, messages }, SIGNAL)
    await model.close()
    // The fake engine counts 7 tokens for each chat that it reads.
    return usage === null ? undefined : usage.inputTokens - (usage.cachedTokens ?? 0)
  }
  expect(await ask()).toBe(14)
  const [name = '', ...others] = readdirSync(stateFolder)
  expect([name, others]).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.state$/), []])
  expect(readFileSync(join(stateFolder, name), 'utf8')).not.toContain('Issue')
  expect(await ask()).toBe(7)
  // A file that the engine refuses is made again.
  writeFileSync(join(stateFolder, name), 'broken')
  expect(await ask()).toBe(14)
  expect(await ask()).toBe(7)
  for (const word of 'abcdef') await ask([{ role: 'system', content: word }])
  expect(readdirSync(stateFolder)).toHaveLength(4)
})

it('takes the engine of a folder, and says how to install it there without touching the project', async () => {
  const { engine, path } = files()
  const engineFolder = join(path, '..', 'a folder')
  const missing = createGgufModel({ path, engineFolder })
  await expect(missing.complete(REQUEST, SIGNAL)).rejects.toThrow(
    /npm install (?:--prefix ".*a folder" --omit=optional )?node-llama-cpp@3\.22\.1/,
  )
  const place = join(engineFolder, 'node_modules/node-llama-cpp')
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'package.json'), '{"main": "engine.mjs"}')
  writeFileSync(join(place, 'engine.mjs'), readFileSync(new URL(engine)))
  expect((await createGgufModel({ path, engineFolder }).complete(REQUEST, SIGNAL)).finish).toBe('tool-calls')
})

it('says how many tokens its context holds', async () => {
  expect(await createGgufModel({ ...files(), contextSize: 500 }).contextLength?.()).toBe(500)
})

it('stops an engine that reads on after an abort, and asks it again', async () => {
  const model = createGgufModel(files())
  const controller = new AbortController()
  const slow = { ...REQUEST, messages: [{ role: 'user', content: 'slow' }] } as const
  const reading = model.complete(slow, controller.signal)
  await new Promise((resolve) => setTimeout(resolve, 50))
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
  // This request waits until the stopped one has ended.
  expect((await model.complete(REQUEST, SIGNAL)).usage).toEqual({ inputTokens: 27, outputTokens: 3, cachedTokens: 20 })
  await model.close()
})

/** The grammar as a regular expression, which works because it has no recursion and nearly the same syntax. */
function toExpression(grammar: string): RegExp {
  const rules = new Map(grammar.split('\n').map((line) => line.split(' ::= ') as [string, string]))
  const partOf = (part: string): string => {
    if (part.startsWith('[')) return part
    if (!part.startsWith('"')) return rules.has(part) ? `(?:${expand(rules.get(part) ?? '')})` : part.trim()
    return (JSON.parse(part) as string).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  }
  const expand = (body: string): string =>
    body.replaceAll(/"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\w*[a-z]\w*|\s+/g, partOf)
  return new RegExp(`^(?:${expand(rules.get('root') ?? '')})$`)
}

const call = (name: string, given: object): object => ({ name, arguments: given })
const written = (...calls: readonly object[]): string => JSON.stringify({ calls })
const shape = { minCalls: 1, maxCalls: 8, lastTool: 'answer' } as const

describe('the grammar of a reply', () => {
  it('leaves out any optional argument, and has no null', () => {
    const expression = toExpression(callsGrammar({ tools: [GREP, ANSWER] }))
    const pattern = String.raw`"a\b" | x`
    const right = [
      { pattern },
      { pattern, globs: ['*.py', 'src/'] },
      { pattern, mode: 'paths', context: 0 },
      { pattern, context: 12, globs: [] },
    ]
    for (const one of right) expect(written(call('grep', one))).toMatch(expression)
    const wrong = [
      { pattern, mode: null },
      { mode: 'paths' },
      { pattern, mode: 'all' },
      { pattern: 'x'.repeat(201) },
      { pattern, mode: 'content', context: 1, globs: [] },
    ]
    for (const one of wrong) expect(written(call('grep', one))).not.toMatch(expression)
    expect(written(call('grep', { pattern: '\b' }))).not.toMatch(expression)
    expect(written(call('other', { pattern }))).not.toMatch(expression)
  })

  it('has as many calls as the turn asks for, and the answer alone', () => {
    const grep = call('grep', { pattern: 'x' })
    const expression = toExpression(
      callsGrammar({ tools: [GREP, ANSWER], shape: { ...shape, minCalls: 2, maxCalls: 3 } }),
    )
    for (const [count, isRight] of [
      [0, false],
      [1, false],
      [2, true],
      [3, true],
      [4, false],
    ] as const) {
      expect(expression.test(written(...Array.from({ length: count }, () => grep)))).toBe(isRight)
    }
    expect(written(call('answer', {}))).toMatch(expression)
    expect(written(call('answer', {}), grep)).not.toMatch(expression)
    const forced = toExpression(callsGrammar({ tools: [GREP, ANSWER], toolChoice: { name: 'answer' }, shape }))
    expect(written(call('answer', {}))).toMatch(forced)
    expect(written(call('answer', {}), call('answer', {}))).not.toMatch(forced)
    expect(written(grep)).not.toMatch(forced)
    const one = toExpression(callsGrammar({ tools: [GREP, ANSWER], parallelToolCalls: false, shape }))
    expect(written(grep)).toMatch(one)
    expect(written(grep, grep)).not.toMatch(one)
  })

  it('takes a schema of the request before that of the tool', () => {
    const narrow = { type: 'object', properties: { path: { enum: ['a "b".py', 'c.py'] }, name: { type: 'string' } } }
    const expression = toExpression(callsGrammar({ tools: [ANSWER], shape: { ...shape, schemas: { answer: narrow } } }))
    for (const given of [{}, { path: 'a "b".py' }, { name: 'x' }, { path: 'c.py', name: 'x' }])
      expect(written(call('answer', given))).toMatch(expression)
    expect(written(call('answer', { path: 'd.py' }))).not.toMatch(expression)
  })
})

it('takes the whole calls of a reply that was cut off', () => {
  const whole = written(call('grep', { pattern: 'a}' }), call('grep', { pattern: 'b', globs: ['{x}'] }))
  expect(callsOf(whole)).toHaveLength(2)
  for (let end = 0; end < whole.length; end++) {
    const calls = callsOf(whole.slice(0, end))
    expect(calls?.length ?? 0).toBe(end < whole.indexOf(',{') ? 0 : end < whole.length - 2 ? 1 : 2)
  }
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
  const model = createGgufModel(files())
  const [first, second] = [new AbortController(), new AbortController()]
  const ended: string[] = []
  const ask = async (name: string, content: string, signal: AbortSignal): Promise<void> => {
    const request = {
      ...REQUEST,
      messages: [
        { role: 'system', content: 'Search.' },
        { role: 'user', content },
      ],
    } as const
    await model.complete(request, signal).catch((error: unknown) => ended.push(`${name} ${String(error)}`))
    ended.push(name)
  }
  const slow = ask('slow', 'slow', first.signal)
  const waiting = ask('waiting', 'x', second.signal)
  const after = ask('after', 'x', SIGNAL)
  second.abort('enough')
  await waiting
  expect(ended).toEqual(['waiting enough', 'waiting'])
  first.abort('stop')
  await slow
  expect(ended).not.toContain('after')
  await after
  expect(ended.slice(2)).toEqual(['slow stop', 'slow', 'after'])
  await model.close()
})
