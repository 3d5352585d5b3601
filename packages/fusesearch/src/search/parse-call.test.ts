import { expect, test } from 'vitest'
import { describeTools } from './describe.ts'
import { parseCall } from './parse-call.ts'
import { ALL_TOOLS } from './tool.ts'

test('takes what a model may send', async () => {
  const given = { pattern: '-x', mode: 'counts', globs: ['*.py'], context: undefined }
  const parsed = await parseCall('grep', given)
  expect(parsed).toStrictEqual({
    ok: true,
    call: { tool: 'grep', arguments: { pattern: '-x', mode: 'counts', globs: ['*.py'] } },
  })
})

test.each([
  ['grep', {}, 'pattern'],
  ['grep', { pattern: 'x', mode: 'all' }, 'mode'],
  ['grep', { pattern: 'x', glob: '*.py' }, 'glob'],
  ['grep', { pattern: 'x', headLimit: 0 }, 'headLimit'],
  ['glob', { patterns: [] }, 'patterns'],
  ['read_file', { path: 'a', startLine: 5, endLine: 2 }, 'endLine is before startLine'],
  ['read_file', 'a.py', 'read_file'],
  ['history', { query: 'x', headLimit: 201 }, 'headLimit'],
  ['shell', {}, 'There is no tool "shell"'],
])('refuses %s %j', async (name, given, words) => {
  const parsed = await parseCall(name, given)
  expect(parsed.ok).toBe(false)
  expect(!parsed.ok && parsed.observation).toMatchObject({ ok: false, code: 'bad-arguments' })
  expect(!parsed.ok && parsed.observation.message).toContain(words)
})

test('describes the tools for a model', async () => {
  const tools = await describeTools()
  expect(tools.map(({ name }) => name)).toEqual(['grep', 'glob', 'read_file'])
  const all = await describeTools(ALL_TOOLS)
  expect(all.map(({ name }) => name)).toEqual(['grep', 'glob', 'read_file', 'history'])
  for (const { description, parameters } of all) {
    expect(description.length).toBeGreaterThan(100)
    expect(parameters).toMatchObject({ type: 'object', additionalProperties: false })
  }
})
