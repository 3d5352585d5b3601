import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonEntry, mergeJson, removeFromJson } from './merge-json.ts'
import { mergeSection, removeSection } from './merge-section.ts'
import { mergeToml, removeFromToml, type TomlTable } from './merge-toml.ts'
import type { Merged } from './merged.ts'

const OURS: JsonEntry = {
  keys: () => ['mcpServers', 'fusesearch'],
  entry: { command: 'fusesearch', args: ['mcp'] },
  isOurs: (found) => JSON.stringify(found).includes('"mcp"'),
}
const TABLE: TomlTable = { parent: 'mcp_servers', name: 'fusesearch', command: 'fusesearch', args: ['mcp'] }

function changed(text: string | undefined): string {
  const merged = mergeJson(text, OURS)
  return textOf(merged)
}

function textOf(merged: Merged): string {
  if (merged.kind !== 'change') throw new Error(`not changed: ${JSON.stringify(merged)}`)
  return merged.text ?? '(removed)'
}

describe('mergeJson', () => {
  it('creates a file, and leaves it unchanged the second time', () => {
    const text = changed(undefined)
    expect(JSON.parse(text)).toEqual({ mcpServers: { fusesearch: OURS.entry } })
    expect(mergeJson(text, OURS)).toEqual({ kind: 'unchanged' })
  })

  it('adds an entry beside other servers and keeps every other byte', () => {
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

  it('edits a file with comments and trailing commas in place', () => {
    for (const comma of [',', '']) {
      const before = `{\n  // mine\n  "mcpServers": {\n    "other": {}${comma} // why\n  },\n}\n`
      const after = changed(before)
      expect(after).toMatch(
        /^\{\n {2}\/\/ mine\n {2}"mcpServers": \{\n {4}"other": \{\}, \/\/ why\n {4}"fusesearch": \{\n/,
      )
      expect(mergeJson(after, OURS)).toEqual({ kind: 'unchanged' })
      const without = textOf(removeFromJson(after, OURS))
      expect(without).toContain('// mine')
      expect(without).not.toContain('fusesearch')
    }
  })

  it('replaces only the entry of an earlier run', () => {
    const before = '{"mcpServers":{"fusesearch":{"command":"/old/node","args":["mcp"]},"other":{}}}'
    expect(JSON.parse(changed(before))).toEqual({ mcpServers: { fusesearch: OURS.entry, other: {} } })
  })

  it('removes what it added: the old text is back, or its own file is gone', () => {
    for (const text of [
      '{\n  "a": 1\n}\n',
      '{\n  "mcpServers": {\n    "other": {}\n  }\n}\n',
      '{\r\n  "a": 1\r\n}\r\n',
    ]) {
      expect(textOf(removeFromJson(changed(text), OURS))).toBe(text)
    }
    expect(removeFromJson(changed(undefined), OURS)).toEqual({ kind: 'change', text: undefined })
    expect(removeFromJson('{"mcpServers":{}}', OURS)).toEqual({ kind: 'unchanged' })
    expect(removeFromJson('{"mcpServers":{"fusesearch":{"command":"mine"}}}', OURS)).toMatchObject({ kind: 'refused' })
  })

  it("refuses broken JSON, other entries with the name, and values that aren't objects", () => {
    const texts = ['{"a": ', '{"mcpServers":{"fusesearch":{"command":"mine"}}}', '{"mcpServers":[]}', '[]', 'null']
    for (const text of texts) expect(mergeJson(text, OURS)).toMatchObject({ kind: 'refused' })
  })

  it('changes only our entry, in any file', () => {
    const value = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant({ mcpServers: {} })))
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, 2, 4), fc.boolean(), (content, indent, hasServers) => {
        const before = hasServers ? { ...content, mcpServers: { other: content } } : content
        const text = JSON.stringify(before, undefined, indent)
        const merged = mergeJson(text, OURS)
        if (merged.kind !== 'change') return
        const plain = JSON.parse(text) as { readonly mcpServers?: object }
        expect(JSON.parse(textOf(merged))).toEqual({
          ...plain,
          mcpServers: { ...plain.mcpServers, fusesearch: OURS.entry },
        })
      }),
      { numRuns: 300 },
    )
  })
})

describe('mergeToml', () => {
  it('adds at the end, and does nothing the second time', () => {
    const before = '# mine\nmodel = "x" # why\n\n[mcp_servers.other]\ncommand = "y"'
    const merged = mergeToml(before, TABLE)
    expect(merged).toEqual({
      kind: 'change',
      text: `${before}\n\n[mcp_servers.fusesearch]\ncommand = "fusesearch"\nargs = ["mcp"]\n`,
    })
    expect(mergeToml(textOf(merged), TABLE)).toEqual({ kind: 'unchanged' })
  })

  it('replaces the table of an earlier run in place, and removes it again', () => {
    const old = mergeToml('a = 1\n', { ...TABLE, command: String.raw`C:\node "x"`, args: ['/m.js', 'mcp'] })
    const before = `${textOf(old)}\n[mcp_servers.other]\ncommand = "y"\n`
    const after = textOf(mergeToml(before, TABLE))
    expect(after).toBe(
      'a = 1\n\n[mcp_servers.fusesearch]\ncommand = "fusesearch"\nargs = ["mcp"]\n\n[mcp_servers.other]\ncommand = "y"\n',
    )
    expect(textOf(removeFromToml(after, TABLE))).toBe('a = 1\n\n[mcp_servers.other]\ncommand = "y"\n')
    expect(removeFromToml(textOf(mergeToml(undefined, TABLE)), TABLE)).toEqual({ kind: 'change', text: undefined })
    expect(removeFromToml('a = 1\n', TABLE)).toEqual({ kind: 'unchanged' })
  })

  it('leaves a table unchanged to which someone added a line', () => {
    const mine = `${textOf(mergeToml(undefined, TABLE))}startup_timeout_sec = 30\n`
    expect(mergeToml(mine, { ...TABLE, command: 'other' })).toMatchObject({ kind: 'refused' })
    expect(removeFromToml(mine, TABLE)).toMatchObject({ kind: 'refused' })
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

describe('mergeSection', () => {
  it('adds at the end, replaces its own section, and removes it exactly', () => {
    for (const before of ['# Mine\n\ntext\n', '# Mine\r\n', '']) {
      const after = textOf(mergeSection(before, 'Ours.'))
      expect(mergeSection(after, 'Ours.')).toEqual({ kind: 'unchanged' })
      expect(textOf(mergeSection(after, 'Newer.'))).toBe(after.replace('Ours.', 'Newer.'))
      expect(textOf(removeSection(after))).toBe(before)
    }
    expect(removeSection('# Mine\n')).toEqual({ kind: 'unchanged' })
  })
})
