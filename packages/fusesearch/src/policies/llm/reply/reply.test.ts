import { describe, expect, it } from 'vitest'
import { tidyPath } from '../paths.ts'
import { loadPrompts } from '../prompts.ts'
import { interpretCall } from './interpret.ts'
import { parseLooseJson } from './loose-json.ts'
import { MAX_CALLS_READ, readReply, withoutThoughts } from './read-reply.ts'

describe('JSON as models write it', () => {
  it.each<[string, unknown]>([
    ['{"a": 1}', { a: 1 }],
    ["{'a': True, 'b': None,}", { a: true, b: null }],
    ['{a: [1, 2.5, -3e2,], "b": "x"', { a: [1, 2.5, -300], b: 'x' }],
    [String.raw`{"pattern": "def\s+foo\("}`, { pattern: String.raw`def\s+foo\(` }],
    ['{"a": "two\nlines"}', { a: 'two\nlines' }],
    [String.raw`{'a': 'it\'s "so" \u00e4'}`, { a: 'it\'s "so" ä' }],
    ['{"a": 1} and more', { a: 1 }],
    ['{"__proto__": {"x": 1}, }', JSON.parse('{"__proto__": {"x": 1}}')],
  ])('reads %s', (text, value) => {
    expect(parseLooseJson(text)?.value).toEqual(value)
  })

  it.each([
    '',
    '{"a": "cut off',
    '{"a": ',
    '{"a" 1}',
    'words',
    '{"a": constructor}',
    '['.repeat(1_000),
    'x'.repeat(300_000),
  ])('refuses what has no sure meaning (%#)', (text) => {
    expect(parseLooseJson(text)).toBeUndefined()
  })
})

describe('a reply taken apart', () => {
  const call = { id: undefined, name: 'grep', argumentsText: '{"pattern":"x"}' }

  it.each([
    ['Hermes', '<tool_call>\n{"name": "grep", "arguments": {"pattern": "x"}}\n</tool_call>'],
    ['an open block', 'So:<tool_call>{"name": "grep", "arguments": {"pattern": "x"}}'],
    ['the XML form', '<tool_call>\n<function=grep>\n<parameter=pattern>\nx\n</parameter>\n</function>\n</tool_call>'],
    ['Mistral', '[TOOL_CALLS] [{"name": "grep", "arguments": {"pattern": "x"}}]'],
    ['bare JSON', '{"name": "grep", "parameters": {"pattern": "x"}}'],
    ['a fence', '```json\n{"function": {"name": "grep", "arguments": "{\\"pattern\\":\\"x\\"}"}}\n```'],
  ])('finds calls: %s', (_, text) => {
    expect(read(text).calls).toEqual([call])
  })

  it('finds several, and keeps a block without sense so that the model can be told', () => {
    const { calls, prose } = read(
      'A<tool_call>{"name":"grep","arguments":{"pattern":"x"}}</tool_call><tool_call>hm</tool_call>B',
    )
    expect(calls).toEqual([call, { id: undefined, name: '', argumentsText: 'hm' }])
    expect(prose).toBe('AB')
  })

  it('strips thoughts, closed or not', () => {
    expect(withoutThoughts('<think>a</think>b<thinking>c</thinking>d')).toBe('bd')
    expect(withoutThoughts('a</think>b')).toBe('b')
    expect(withoutThoughts('a<think>b')).toBe('a')
    expect(withoutThoughts('<think>b<tool_call>c')).toBe('<tool_call>c')
  })

  it('reads no more calls than anyone means', () => {
    const toolCalls = Array.from({ length: 100 }, (_, index) => ({ id: `${index}`, name: 'grep', argumentsText: '{}' }))
    const { calls, unread } = readReply({ text: '', toolCalls })
    expect([calls.length, unread]).toEqual([MAX_CALLS_READ, 100 - MAX_CALLS_READ])
  })
})

it('gives what is a call no second time as prose', () => {
  const bare = '{"name": "grep", "arguments": {"pattern": "x"}}'
  for (const text of [
    bare,
    `\`\`\`json\n${bare}\n\`\`\``,
    `[TOOL_CALLS] [${bare}]`,
    `<tool_call>\n${bare}\n</tool_call>`,
  ]) {
    const { calls, prose } = read(text)
    expect([calls.length, prose]).toEqual([1, ''])
  }
  expect(read(`I look. <tool_call>${bare}</tool_call>`).prose).toBe('I look.')
})

describe('a call interpreted', () => {
  it.each<[string, unknown, unknown]>([
    [
      'read_file',
      { file_path: './a\\b.py', start_line: '9', end_line: 3 },
      { path: 'a/b.py', startLine: 3, endLine: 9 },
    ],
    ['read_file', { path: '/src/a.py:10-20' }, { path: 'src/a.py', startLine: 10, endLine: 20 }],
    ['Read', { path: 'a.py', startLine: 0, endLine: -1 }, { path: 'a.py', startLine: 1 }],
    [
      'functions.grep',
      { query: 'x', case_insensitive: 'true', include: '*.py' },
      { pattern: 'x', ignoreCase: true, globs: ['*.py'] },
    ],
    [
      'grep',
      { pattern: '\bx\b', context: '500', headLimit: 0, output: 'all' },
      { pattern: String.raw`\bx\b`, context: 100 },
    ],
    ['glob', { pattern: '["a", "b"]' }, { patterns: ['a', 'b'] }],
    ['grep', '"{\\"pattern\\": \\"x\\"}"', { pattern: 'x' }],
  ])('%s %j', async (name, given, wanted) => {
    expect(await interpret(name, given)).toMatchObject({ arguments: wanted })
  })

  it('says what cannot be repaired', async () => {
    expect(await interpret('bash', { command: 'rm' })).toMatchObject({
      kind: 'problem',
      name: 'bash',
      argumentsText: '{"command":"rm"}',
    })
    expect(await interpret('grep', '[1]')).toMatchObject({ kind: 'problem', argumentsText: '{}' })
    expect(await interpret('grep', {})).toMatchObject({ kind: 'problem', message: expect.stringContaining('pattern') })
  })
})

// MAX_TEXT characters of a reply are read. On each of these texts, a regular expression once took quadratic time.
describe.each([
  ['thoughts that never end', '<think>'],
  ['calls without an end', '<tool_call><function='],
  ['parameters without an end', '<parameter='],
  ['line ends in a fence', '\n'],
])('a reply of %s', (_, part) => {
  it.each(['', '```json ', '<tool_call><function=x>'])('is read in linear time behind %j', (start) => {
    const { calls } = read(start + part.repeat(Math.ceil(200_000 / part.length)))
    expect(calls.every(({ name }) => name === '' || name === 'x')).toBe(true)
  })
})

it('takes a path out of any number of quotes', () => {
  expect(tidyPath(`'"${'`'.repeat(500_000)}./a//b.py${'"'.repeat(500_000)}`)).toBe('a/b.py')
  expect(tidyPath(`${'"'.repeat(500_000)} x`)).toBe(' x')
})

function read(text: string) {
  return readReply({ text, toolCalls: [] })
}

async function interpret(name: string, given: unknown) {
  const { definitions } = await loadPrompts({ breadth: 'adaptive', toolForm: 'native', noTools: false })
  const argumentsText = typeof given === 'string' ? given : JSON.stringify(given)
  const interpreted = await interpretCall({ id: undefined, name, argumentsText }, definitions)
  return interpreted.kind === 'call' ? interpreted.call : interpreted
}
