import { readFile } from 'node:fs/promises'
import type { ToolDefinition } from '../../models/index.ts'
import { describeTools, PAPER_TOOLS, type ToolName } from '../../search/index.ts'
import { ANSWER_SCHEMA } from './answer/schema.ts'
import type { Settings } from './options.ts'

/** The name of the tool that ends a run. */
export const ANSWER_TOOL = 'answer'

/** Every word of one mode that a model reads beside results. */
export interface Prompts {
  readonly system: string
  /** Definitions for the request; none in text form, where they stand in `system`. */
  readonly tools: readonly ToolDefinition[]
  /** All definitions, whatever the form. */
  readonly definitions: readonly ToolDefinition[]
  issue(parts: { readonly issue: string; readonly notice: string }): string
  turn(parts: TurnParts): string
  lastTurn(parts: Pick<TurnParts, 'turn' | 'turns'>): string
}

interface TurnParts {
  readonly turn: number
  readonly turns: number
  /** In words: `8 calls`. */
  readonly calls: string
  readonly left: number
  /** A sentence on what else is limited, with a space before it; empty without limits. */
  readonly budget: string
}

/** Loads the texts of a mode. They lie beside this module, and only who asks a model reads them. */
export async function loadPrompts(
  settings: Pick<Settings, 'breadth' | 'toolForm' | 'noTools'>,
  tools: readonly ToolName[] = PAPER_TOOLS,
): Promise<Prompts> {
  const [system, textForm, issue, turn, lastTurn, definitions] = await Promise.all([
    readText(systemFile(settings)),
    readText('text-form.md'),
    readText('issue.md'),
    readText('turn.md'),
    readText('last-turn.md'),
    loadDefinitions(settings.noTools ? [] : tools),
  ])
  const isText = settings.toolForm === 'text'
  const base = fill(system, { breadth: settings.breadth })
  return {
    system: isText ? `${base}\n\n${fill(textForm, { tools: definitions.map(toolLine).join('\n') })}` : base,
    tools: isText ? [] : definitions,
    definitions,
    issue: (parts) => fill(issue, parts),
    turn: (parts) => fill(turn, { ...parts }),
    lastTurn: (parts) => fill(lastTurn, parts),
  }
}

function systemFile({ breadth, noTools }: Pick<Settings, 'breadth' | 'noTools'>): string {
  if (noTools) return 'system-no-tools.md'
  if (breadth === 'adaptive') return 'system-adaptive.md'
  return breadth === 1 ? 'system-one.md' : 'system-many.md'
}

/** The product's own tools as any caller knows them, and the answer; made once for each set of tools. */
function loadDefinitions(names: readonly ToolName[]): Promise<readonly ToolDefinition[]> {
  return remembered(definitionsOf, names.join(), () => describeAll(names))
}

async function describeAll(names: readonly ToolName[]): Promise<readonly ToolDefinition[]> {
  const answer = { name: ANSWER_TOOL, description: await readText('answer.md'), parameters: ANSWER_SCHEMA }
  const tools = await describeTools(names)
  return [
    ...tools.map(({ name, description, parameters }) => ({
      name,
      description,
      // `toJSONSchema` makes an object; its type is unknown only because a schema may be `true`.
      parameters: withoutDialect(parameters as Readonly<Record<string, unknown>>),
    })),
    answer,
  ]
}

/** Some endpoints refuse a schema that names its dialect. */
function withoutDialect(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'))
}

function toolLine(definition: ToolDefinition): string {
  return JSON.stringify({ type: 'function', function: definition })
}

/** The package's own files, which do not change while it runs: many runs begin at the same moment. */
const texts = new Map<string, Promise<string>>()
const definitionsOf = new Map<string, Promise<readonly ToolDefinition[]>>()

function readText(name: string): Promise<string> {
  return remembered(texts, name, async () => {
    return (await readFile(new URL(`prompts/${name}`, import.meta.url), 'utf8')).trim()
  })
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  known.set(key, made)
  return made
}

function fill(template: string, parts: Readonly<Record<string, string | number>>): string {
  // A function, since a replacement string would give `$&` in an issue a meaning.
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => String(parts[name] ?? whole))
}
