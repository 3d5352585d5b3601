import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeJson } from './merge-json.ts'
import { mergeToml } from './merge-toml.ts'

const OURS = { keys: () => ['mcpServers', 'fusesearch'], entry: { command: 'fusesearch', args: ['mcp'] } }
const TABLE = {
  parent: 'mcp_servers',
  name: 'fusesearch',
  lines: ['[mcp_servers.fusesearch]', 'command = "fusesearch"'],
}

function changed(text: string | undefined): string {
  const merged = mergeJson(text, OURS)
  if (merged.kind !== 'change') throw new Error(`not changed: ${JSON.stringify(merged)}`)
  return merged.text
}

describe('mergeJson', () => {
  it('makes a file, and leaves it alone the second time', () => {
    const text = changed(undefined)
    expect(JSON.parse(text)).toEqual({ mcpServers: { fusesearch: OURS.entry } })
    expect(mergeJson(text, OURS)).toEqual({ kind: 'unchanged' })
  })

  it('adds beside other servers and keeps every other byte', () => {
    const before =
      '{\n    "a": [1,2,   3],\n    "mcpServers": {\n        "other": {"command": "x}{"}\n    },\n    "z": 1e3\n}\n'
    const after = changed(before)
    expect(after).toBe(
      '{\n    "a": [1,2,   3],\n    "mcpServers": {\n        "other": {"command": "x}{"},\n        "fusesearch": {\n            "command": "fusesearch",\n            "args": [\n                "mcp"\n            ]\n        }\n    },\n    "z": 1e3\n}\n',
    )
  })

  it('fills empty objects, one-line files and files with CRLF', () => {
    for (const text of ['{}', '{ }\n', '{"mcpServers":{}}', '{\r\n  "a": 1\r\n}\r\n', '{"a":{"mcpServers":{}}}']) {
      expect(JSON.parse(changed(text))).toEqual({
        ...(JSON.parse(text) as object),
        mcpServers: { fusesearch: OURS.entry },
      })
    }
    expect(changed('{\r\n  "a": 1\r\n}\r\n').replaceAll('\r\n', '')).not.toContain('\n')
  })

  it('refuses comments, other entries of the name, and what is no object', () => {
    const texts = [
      '{ // mine\n}',
      '{"mcpServers":{"fusesearch":{"command":"mine"}}}',
      '{"mcpServers":[]}',
      '[]',
      'null',
    ]
    for (const text of texts) expect(mergeJson(text, OURS)).toMatchObject({ kind: 'refused' })
  })

  it('changes nothing but our entry, whatever the file holds', () => {
    const value = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant({ mcpServers: {} })))
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, 2, 4), fc.boolean(), (content, indent, hasServers) => {
        const before = hasServers ? { ...content, mcpServers: { other: content } } : content
        const text = JSON.stringify(before, undefined, indent)
        const merged = mergeJson(text, OURS)
        if (merged.kind !== 'change') return
        const plain = JSON.parse(text) as { readonly mcpServers?: object }
        expect(JSON.parse(merged.text)).toEqual({
          ...plain,
          mcpServers: { ...plain.mcpServers, fusesearch: OURS.entry },
        })
      }),
      { numRuns: 300 },
    )
  })
})

describe('mergeToml', () => {
  it('adds at the end and is done the second time', () => {
    const before = '# mine\nmodel = "x" # why\n\n[mcp_servers.other]\ncommand = "y"'
    const merged = mergeToml(before, TABLE)
    expect(merged).toEqual({
      kind: 'change',
      text: `${before}\n\n[mcp_servers.fusesearch]\ncommand = "fusesearch"\n`,
    })
    expect(mergeToml(merged.kind === 'change' ? merged.text : '', TABLE)).toEqual({ kind: 'unchanged' })
  })

  it('refuses the table in another form and an inline parent', () => {
    const texts = [
      '[mcp_servers.fusesearch]\ncommand = "mine"\n',
      '[mcp_servers]\n"fusesearch" = {}\n',
      'mcp_servers = {}\n',
    ]
    for (const text of texts) expect(mergeToml(text, TABLE)).toMatchObject({ kind: 'refused' })
    expect(mergeToml('# no fusesearch here\n', TABLE)).toMatchObject({ kind: 'change' })
  })
})
