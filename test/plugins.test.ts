import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ROOT } from './support/command.ts'

const PLUGIN = join(ROOT, 'packages/fusesearch/plugins/claude-code')
const READ_ONLY = ['Read', 'Grep', 'Glob', 'locate', 'search']

interface OpencodeConfig {
  mcp?: Record<string, object>
  agent?: Record<string, { description?: string; prompt?: string }>
}

/** What opencode does with the plugin: it loads the file, calls its export and passes the configuration to the hook. */
async function configured(config: OpencodeConfig): Promise<OpencodeConfig> {
  const path = join(ROOT, 'packages/fusesearch/plugins/opencode/fusesearch.js')
  const { FuseSearch } = (await import(pathToFileURL(path).href)) as {
    FuseSearch: () => Promise<{ config(config: OpencodeConfig): Promise<void> }>
  }
  const hooks = await FuseSearch()
  await hooks.config(config)
  return config
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}

/** The fields between the two rules at the start of a Markdown file, and the text after them. */
function frontMatter(path: string): { fields: Readonly<Record<string, string>>; body: string } {
  const [, head = '', body = ''] = /^---\n(.*?)\n---\n\n(.*)$/s.exec(readText(path)) ?? []
  const fields = head.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2))
  return { fields: Object.fromEntries(fields) as Record<string, string>, body: body.trim() }
}

describe('the plugin for Claude Code', () => {
  it("is the one in this repository's marketplace, with the version of the product", () => {
    const { plugins } = JSON.parse(readText(join(ROOT, '.claude-plugin/marketplace.json'))) as {
      plugins: { name: string; source: string }[]
    }
    expect(plugins.map(({ source }) => join(ROOT, source))).toEqual([PLUGIN])
    const manifest = JSON.parse(readText(join(PLUGIN, '.claude-plugin/plugin.json'))) as object
    const { version } = JSON.parse(readText(join(ROOT, 'packages/fusesearch/package.json'))) as { version: string }
    expect(manifest).toMatchObject({ name: plugins[0]?.name, version })
  })

  it('has the server, the skill and a read-only agent', () => {
    const servers = JSON.parse(readText(join(PLUGIN, '.mcp.json'))) as unknown
    expect(servers).toEqual({ mcpServers: { fusesearch: { command: 'fusesearch', args: ['mcp'] } } })
    expect(existsSync(join(PLUGIN, 'skills/fusesearch/SKILL.md'))).toBe(true)
    const { fields } = frontMatter(join(PLUGIN, 'agents/code-locator.md'))
    const tools = fields['tools']?.split(', ').map((tool) => tool.replace('mcp__plugin_fusesearch_fusesearch__', ''))
    expect(tools).toEqual(READ_ONLY)
  })
})

describe('the plugin for opencode', () => {
  it('adds the server and the agent, and keeps entries of the same names', async () => {
    const config = await configured({ mcp: { other: { type: 'local' } } })
    expect(config).toMatchObject({
      mcp: { other: { type: 'local' }, fusesearch: { type: 'local', command: ['fusesearch', 'mcp'] } },
      agent: { 'code-locator': { mode: 'subagent', permission: { edit: 'deny', bash: 'deny' } } },
    })
    const own = { mcp: { fusesearch: { enabled: false } }, agent: { 'code-locator': {} } }
    expect(await configured(structuredClone(own))).toEqual(own)
  })

  it('gives its agent the same instructions as the one for Claude Code', async () => {
    const config = await configured({})
    const { body, fields } = frontMatter(join(PLUGIN, 'agents/code-locator.md'))
    const agent = config.agent?.['code-locator']
    expect(agent?.description).toBe(fields['description'])
    const asThere = agent?.prompt
      ?.replace('the tool fusesearch_locate', 'locate of the fusesearch server')
      .replace('fusesearch_search', 'search')
    expect(asThere).toBe(body.replaceAll('`', ''))
  })
})
