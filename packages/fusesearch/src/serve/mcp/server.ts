import { readFile } from 'node:fs/promises'
import {
  type CallToolResult,
  type InputRequiredResult,
  McpServer,
  type ServerContext,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { FuseSearchError } from '../../core/index.ts'
import { ALL_TOOLS, describeTools } from '../../search/index.ts'
import { backendName } from '../door/index.ts'
import { askInput, askOutput, symbolInput, symbolOutput, usagesInput, usagesOutput } from '../lookups.ts'
import { allowedRoots } from './client-roots.ts'
import { LOCATE_BUDGET, runLocate, type ToolRun } from './locate-tool.ts'
import { LOOKUP_TOOLS } from './lookup-tools.ts'
import { createTell } from './progress.ts'
import { addPrompts } from './prompts.ts'
import { renderFailure, renderLocate, renderSearch } from './render.ts'
import { placeWithin } from './roots.ts'
import {
  repository as folder,
  locateInput,
  locateOutput,
  type SearchInput,
  searchInput,
  searchOutput,
} from './schemas.ts'
import { runSearch } from './search-tool.ts'
import type { Serving } from './serving.ts'
import { addTrajectories } from './trajectories.ts'

const ANNOTATIONS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }

/** A server for one connection, or for one request over HTTP. All of them share the caches in `serving`. */
export async function createServer(serving: Serving): Promise<McpServer> {
  const [instructions, locateText, searchText] = await Promise.all([
    readText('instructions.md'),
    readText('locate.md'),
    readText('search.md'),
  ])
  const info = { name: 'fusesearch', title: 'FuseSearch', version: serving.version }
  const server = new McpServer(info, { instructions })
  addPrompts(server)
  addTrajectories(server, serving.trajectories)
  server.registerTool(
    'locate',
    {
      title: 'Locate code for an issue',
      description: `${locateText} ${LOCATE_BUDGET}`,
      inputSchema: locateInput,
      outputSchema: locateOutput,
      annotations: { title: 'Locate code for an issue', ...ANNOTATIONS },
    },
    (input, context) =>
      answer({ serving, server, context, repository: input.repository }, async (run) => {
        const output = await runLocate(input, run)
        return { structuredContent: output, text: renderLocate(output) }
      }),
  )
  server.registerTool(
    'search',
    {
      title: 'Search code by several calls at once',
      description: searchText,
      inputSchema: await describedSearchInput(),
      outputSchema: searchOutput,
      annotations: { title: 'Search code by several calls at once', ...ANNOTATIONS },
    },
    (input, context) =>
      answer({ serving, server, context, repository: input.repository }, async (run) => {
        const output = await runSearch(input, run)
        return { structuredContent: output, text: renderSearch(output) }
      }),
  )
  await addLookups(serving, server)
  return server
}

function facts(title: string, description = '') {
  return { title, description, annotations: { title, ...ANNOTATIONS } }
}

async function addLookups(serving: Serving, server: McpServer): Promise<void> {
  const [askText, symbolText, usagesText] = await Promise.all(['ask.md', 'symbol.md', 'usages.md'].map(readText))
  server.registerTool(
    'symbol',
    {
      ...facts('Find where a name is defined', symbolText),
      inputSchema: symbolInput.extend({ repository: folder }),
      outputSchema: symbolOutput.extend({ repository: z.string() }),
    },
    ({ repository: asked, ...input }, context) =>
      answer({ serving, server, context, repository: asked }, (run) => LOOKUP_TOOLS.symbol(input, run)),
  )
  server.registerTool(
    'usages',
    {
      ...facts('Find where a name is used', usagesText),
      inputSchema: usagesInput.extend({ repository: folder }),
      outputSchema: usagesOutput.extend({ repository: z.string() }),
    },
    ({ repository: asked, ...input }, context) =>
      answer({ serving, server, context, repository: asked }, (run) => LOOKUP_TOOLS.usages(input, run)),
  )
  server.registerTool(
    'ask',
    {
      ...facts('Find what to read for a question', askText),
      inputSchema: askInput.extend({ repository: folder }),
      outputSchema: askOutput.extend({ repository: z.string() }),
    },
    ({ repository: asked, ...input }, context) =>
      answer({ serving, server, context, repository: asked }, (run) => LOOKUP_TOOLS.ask(input, run)),
  )
}

interface Asked {
  readonly serving: Serving
  readonly server: McpServer
  readonly context: ServerContext
  readonly repository: string | undefined
}

interface Answered {
  readonly structuredContent: Record<string, unknown>
  readonly text: string
}

/** Runs a tool in an allowed folder. An expected failure becomes a result that says so; a bug is thrown. */
async function answer(
  { serving, server, context, repository }: Asked,
  work: (run: ToolRun) => Promise<Answered>,
): Promise<CallToolResult | InputRequiredResult> {
  const { signal } = context.mcpReq
  try {
    const place = await placeOf({ serving, server, context, repository })
    if (typeof place !== 'string') return place
    const run: ToolRun = { serving, repository: place, signal, tell: createTell(context) }
    const { structuredContent, text } = await serving.gate.run(() => work(run), signal)
    return { content: [{ type: 'text', text }], structuredContent }
  } catch (error) {
    if (!(error instanceof FuseSearchError)) throw error
    return { content: [{ type: 'text', text: renderFailure(error) }], isError: true }
  }
}

/** The folder to search, or the name of the backend; or what to ask the client first. */
async function placeOf({ serving, server, context, repository }: Asked): Promise<InputRequiredResult | string> {
  if (serving.backend !== undefined) return backendName(serving.backend, repository)
  const allowed = await allowedRoots(serving.roots, server, context)
  return allowed.kind === 'ask' ? allowed.result : placeWithin(allowed.roots, repository)
}

/** The schema of `search` with each tool's arguments, which `searchInput` itself leaves to the check of each call. */
async function describedSearchInput(): Promise<StandardSchemaWithJSON<SearchInput, SearchInput>> {
  const tools = await describeTools(ALL_TOOLS)
  const variants = tools.map(({ name, description, parameters }) => {
    // A nested schema must not name its dialect.
    const { $schema: _, ...rest } = parameters as Record<string, unknown>
    const properties = { tool: { const: name }, arguments: rest }
    return { type: 'object', description, properties, required: ['tool', 'arguments'], additionalProperties: false }
  })
  const own = searchInput['~standard']
  const withVariants = (schema: Record<string, unknown>): Record<string, unknown> => {
    const properties = schema['properties'] as Record<string, Record<string, unknown>>
    const calls = { ...properties['calls'], description: 'Calls that run together.', items: { anyOf: variants } }
    return { ...schema, properties: { ...properties, calls } }
  }
  return {
    '~standard': {
      ...own,
      jsonSchema: {
        input: (options) => withVariants(own.jsonSchema.input(options)),
        output: (options) => withVariants(own.jsonSchema.output(options)),
      },
    },
  } as StandardSchemaWithJSON<SearchInput, SearchInput>
}

async function readText(name: string): Promise<string> {
  return (await readFile(new URL(name, import.meta.url), 'utf8')).trim()
}
