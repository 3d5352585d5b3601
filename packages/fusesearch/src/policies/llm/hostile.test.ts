import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RunCalls, runLoop } from '../../agent/index.ts'
import { systemClock } from '../../core/index.ts'
import type { ChatModel, ChatReply } from '../../models/index.ts'
import type { Call, Observation } from '../../search/index.ts'
import { createLlmPolicy } from './policy.ts'

const FRAGMENTS = [
  '<tool_call>',
  '</tool_call>',
  '<think>',
  '</think>',
  '[TOOL_CALLS]',
  '<function=grep>',
  '<parameter=pattern>',
  '{"name":',
  '"grep"',
  '"answer"',
  ', "arguments": {',
  '"pattern": "x"',
  '"files": [',
  '{"path": "src/a.py"',
  '}',
  ']',
  '"',
  "'",
  '\\',
  'src/a.py',
  '`run`',
  '```json\n',
  '{"files": ["a"]}',
  '\u0000',
  '\uD800',
  'null',
  '1e999',
  '__proto__',
] as const

const noise = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({ maxLength: 5 })), { maxLength: 25 })
    .map((parts) => parts.join('')),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
)
const given = fc.oneof(
  noise,
  fc.json(),
  fc.jsonValue().map((value) => JSON.stringify({ files: value, path: value, pattern: value })),
)
const name = fc.oneof(fc.constantFrom('grep', 'glob', 'read_file', 'answer', 'constructor', ''), noise)

const reply: fc.Arbitrary<ChatReply> = fc.record({
  text: noise,
  reasoning: noise,
  toolCalls: fc.array(fc.record({ id: noise, name, argumentsText: given }), { maxLength: 5 }),
  finish: fc.constantFrom('stop', 'tool-calls', 'length', 'filtered', 'unknown'),
  usage: fc.option(fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat(), cachedTokens: fc.option(fc.nat()) })),
  retries: fc.constant([]),
  ms: fc.constant(0),
})

const observe = (call: Call): Observation =>
  call.tool === 'read_file'
    ? {
        ok: true,
        tool: 'read_file',
        path: 'src/a.py',
        lines: [{ line: 1, text: 'def run(): pass' }],
        totalLines: 1,
        notices: [],
        bytes: 40,
      }
    : { ok: true, tool: 'glob', paths: ['src/a.py', 'src/b.py'], total: 2, notices: [], bytes: 18 }
const runCalls: RunCalls = (calls) => Promise.resolve({ observations: calls.map(observe) })

/** A path that is nothing but a line. */
const LINE_AS_PATH: ChatReply = {
  text: '',
  reasoning: '',
  toolCalls: [{ id: '', name: 'answer', argumentsText: '{"files": ":0"}' }],
  finish: 'stop',
  usage: null,
  retries: [],
  ms: 0,
}

describe('whatever a model writes', () => {
  it.each(['native', 'text'] as const)('ends in a valid answer, tools in %s form', async (toolForm) => {
    await fc.assert(
      fc.asyncProperty(fc.array(reply, { minLength: 1, maxLength: 6 }), async (replies) => {
        let asked = 0
        const complete = (): Promise<ChatReply> => Promise.resolve(replies[asked++ % replies.length] as ChatReply)
        const model: ChatModel = { name: 'noise', endpoint: 'none', complete, close: () => Promise.resolve() }
        const policy = createLlmPolicy({ model, toolForm, context: { novelty: true, foldAfterTurns: 1 } })
        const run = await runLoop({
          issue: 'It breaks.',
          policy,
          seed: 0,
          budget: { maxTurns: 4 },
          runCalls,
          clock: systemClock,
        })
        expect(run.failure).toBeNull()
        expect(asked).toBeLessThanOrEqual(12)
        for (const { path, functions, score } of run.answer.files) {
          expect(path.length).toBeGreaterThan(0)
          expect(score).toBeGreaterThan(0)
          for (const { startLine, endLine } of functions) expect(endLine).toBeGreaterThanOrEqual(startLine)
        }
        expect(run.answer.confidence).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 250, examples: [[[LINE_AS_PATH]]] },
    )
  })
})
