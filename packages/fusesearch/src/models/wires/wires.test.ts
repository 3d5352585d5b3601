import { describe, expect, it } from 'vitest'
import type { ChatRequest, Message } from '../chat.ts'
import { anthropicWire } from './anthropic.ts'
import { openaiWire } from './openai.ts'

const TOOL = { name: 'grep', description: 'searches', parameters: { type: 'object' } }
const MARK = { cache_control: { type: 'ephemeral' } }
const SETTINGS = { model: 'm', isStreamed: true, refused: new Set<never>() }

const CHAT: readonly Message[] = [
  { role: 'system', content: 'Rules.' },
  { role: 'user', content: 'Issue.' },
  {
    role: 'assistant',
    content: '',
    toolCalls: [
      { id: 'a', name: 'grep', argumentsText: '{"pattern":"x"}' },
      { id: 'b:1', name: 'grep', argumentsText: '{broken' },
    ],
  },
  { role: 'tool', callId: 'a', name: 'grep', content: 'one' },
  { role: 'tool', callId: 'b:1', name: 'grep', content: 'two' },
  { role: 'user', content: 'Turn 2 of 5.' },
  {
    role: 'assistant',
    content: 'Again.',
    toolCalls: [{ id: 'a', name: 'grep', argumentsText: '"{\\"pattern\\":\\"y\\"}"' }],
  },
  { role: 'tool', callId: 'a', name: 'grep', content: 'three' },
]

const REQUEST: ChatRequest = {
  messages: CHAT,
  tools: [TOOL],
  toolChoice: { name: 'grep' },
  parallelToolCalls: false,
  temperature: 0.5,
  seed: 3,
  maxTokens: 90,
}

describe('the OpenAI form', () => {
  it('writes a chat with calls, results and parameters', () => {
    expect(openaiWire.body(REQUEST, SETTINGS)).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Rules.' },
        { role: 'user', content: 'Issue.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [openaiCall('a', '{"pattern":"x"}'), openaiCall('b:1', '{"raw":"{broken"}')],
        },
        { role: 'tool', tool_call_id: 'a', content: 'one' },
        { role: 'tool', tool_call_id: 'b:1', content: 'two' },
        { role: 'user', content: 'Turn 2 of 5.' },
        // Some endpoints refuse a repeated id.
        { role: 'assistant', content: 'Again.', tool_calls: [openaiCall('a_3', '{"pattern":"y"}')] },
        { role: 'tool', tool_call_id: 'a_3', content: 'three' },
      ],
      tools: [{ type: 'function', function: TOOL }],
      tool_choice: { type: 'function', function: { name: 'grep' } },
      parallel_tool_calls: false,
      temperature: 0.5,
      seed: 3,
      max_tokens: 90,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  it('leaves out what was refused, and takes the other name of the token limit', () => {
    const refused = new Set(['max_tokens', 'seed', 'stream_options', 'tool_choice'] as const)
    const body = openaiWire.body({ ...REQUEST, messages: [] }, { ...SETTINGS, refused })
    expect(Object.keys(body)).toEqual([
      'model',
      'messages',
      'tools',
      'parallel_tool_calls',
      'temperature',
      'max_completion_tokens',
      'stream',
    ])
  })

  it('asks for no tools with none, and completes paths', () => {
    const body = openaiWire.body({ ...REQUEST, tools: [] }, { ...SETTINGS, isStreamed: false })
    expect(body).not.toHaveProperty('tool_choice')
    expect(body).not.toHaveProperty('stream')
    expect(['/', '/v1', '/v1/', '/api/v1/chat/completions'].map((path) => openaiWire.path(path))).toEqual([
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/v1/chat/completions',
      '/api/v1/chat/completions',
    ])
  })
})

function openaiCall(id: string, text: string) {
  return { id, type: 'function', function: { name: 'grep', arguments: text } }
}

describe('the Anthropic form', () => {
  it('writes all results of a turn into one message, and marks what a cache may keep', () => {
    expect(anthropicWire.body(REQUEST, SETTINGS)).toEqual({
      model: 'm',
      max_tokens: 90,
      system: [{ type: 'text', text: 'Rules.', ...MARK }],
      tools: [{ name: 'grep', description: 'searches', input_schema: { type: 'object' } }],
      tool_choice: { type: 'tool', name: 'grep', disable_parallel_tool_use: true },
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Issue.' }] },
        { role: 'assistant', content: [anthropicUse('a', { pattern: 'x' }), anthropicUse('b_1', { raw: '{broken' })] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: 'one' },
            { type: 'tool_result', tool_use_id: 'b_1', content: 'two' },
            { type: 'text', text: 'Turn 2 of 5.', ...MARK },
          ],
        },
        { role: 'assistant', content: [{ type: 'text', text: 'Again.' }, anthropicUse('a_3', { pattern: 'y' })] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a_3', content: 'three', ...MARK }] },
      ],
      temperature: 0.5,
      stream: true,
    })
  })

  it('keeps what it wrote before as it was when the chat goes on', () => {
    const [early, late] = [unmarked(CHAT.slice(0, 6)), unmarked(CHAT)]
    expect(late.slice(0, early.length)).toEqual(early)
  })

  it('always limits the reply, takes no empty text, and completes paths', () => {
    const messages: Message[] = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: ' ', toolCalls: [] },
    ]
    const body = anthropicWire.body({ messages, tools: [] }, SETTINGS)
    expect(body).toMatchObject({ max_tokens: 8192, messages: [{}, { content: [{ text: '(empty)' }] }] })
    expect(['/', '/v1', '/proxy/v1/messages'].map((path) => anthropicWire.path(path))).toEqual([
      '/v1/messages',
      '/v1/messages',
      '/proxy/v1/messages',
    ])
  })
})

function unmarked(messages: readonly Message[]): unknown[] {
  const refused = new Set(['cache_control'] as const)
  return [anthropicWire.body({ messages, tools: [TOOL] }, { ...SETTINGS, refused }).messages].flat()
}

function anthropicUse(id: string, input: unknown) {
  return { type: 'tool_use', id, name: 'grep', input }
}
