import { readFile } from 'node:fs/promises'
import type { State } from '../../agent/index.ts'
import type { ChatRequest, Message, ToolDefinition } from '../../models/index.ts'
import { describeTools, PAPER_TOOLS, type ToolName } from '../../search/index.ts'
import type { Found } from './found.ts'
import type { Settings } from './options.ts'

/** The name of the tool that ends a run. */
export const ANSWER_TOOL = 'answer'

/** Everything that a model reads besides results, for one mode of the policy. */
export interface Prompts {
  readonly system: string
  /** The tools of a request; empty in text form, where `system` describes them. */
  readonly tools: readonly ToolDefinition[]
  /** All tools as described to the model, in either form. */
  readonly told: readonly ToolDefinition[]
  /** All tools with their full schemas, by which calls are repaired. */
  readonly definitions: readonly ToolDefinition[]
  /** `found`: what a search without a model found; left out without one. */
  issue(parts: { readonly issue: string; readonly notice: string; readonly found?: Found | undefined }): string
  turn(parts: TurnParts): string
  lastTurn(parts: Pick<TurnParts, 'turn' | 'turns'>): string
  /** For a turn that only repeats calls; `paths` are the best seen so far. */
  repeats(paths: readonly string[]): string
}

interface TurnParts {
  readonly turn: number
  readonly turns: number
  /** In words: `8 calls`. */
  readonly calls: string
  readonly left: number
  /** A sentence on the tokens left, with a space before it; empty without a limit. */
  readonly budget: string
}

/** Loads the texts of a mode from `prompts/`. */
export async function loadPrompts(
  settings: Pick<Settings, 'breadth' | 'toolForm' | 'noTools'>,
  tools: readonly ToolName[] = PAPER_TOOLS,
): Promise<Prompts> {
  const [system, textForm, issue, found, turn, lastTurn, repeats, definitions] = await Promise.all([
    readText(systemFile(settings)),
    readText('text-form.md'),
    readText('issue.md'),
    readText('found.md'),
    readText('turn.md'),
    readText('last-turn.md'),
    readText('repeats.md'),
    loadDefinitions(settings.noTools ? [] : tools),
  ])
  const isText = settings.toolForm === 'text'
  const told = definitions.map((definition) => ({ ...definition, parameters: slim(definition.parameters) }))
  const base = fill(system, { breadth: settings.breadth })
  return {
    system: isText ? `${base}\n\n${fill(textForm, { tools: told.map(toolLine).join('\n') })}` : base,
    tools: isText ? [] : told,
    told,
    definitions,
    issue: (parts) => {
      const before = parts.found === undefined ? '' : `${fill(found, { ...parts.found })}\n\n`
      return fill(issue, { issue: parts.issue, found: before, notice: parts.notice })
    },
    turn: (parts) => fill(turn, { ...parts }),
    lastTurn: (parts) => fill(lastTurn, parts),
    repeats: (paths) => fill(repeats, { seen: paths.length === 0 ? '' : ` Seen so far: ${paths.join(', ')}.` }),
  }
}

/** What a request is made of besides the settings. */
export interface RequestParts {
  readonly messages: readonly Message[]
  readonly prompts: Prompts
  readonly seed: number
  readonly mustAnswer: boolean
  /** Replies of this turn before this request. */
  readonly round: number
  /** Calls that the loop allows in this turn. */
  readonly breadth: number
  /** Paths that an answer may name, best first; empty if nothing was seen. */
  readonly paths: readonly string[]
}

/** The request for the next reply. */
export function requestOf(parts: RequestParts, settings: Settings): ChatRequest {
  const { messages, prompts, seed, mustAnswer, round } = parts
  const { breadth, maxReplyTokens, model, temperature } = settings
  const maxCalls = Math.max(1, breadth === 'adaptive' ? parts.breadth : Math.min(breadth, parts.breadth))
  const schemas = parts.paths.length > 0 ? { [ANSWER_TOOL]: answerSchema(parts.paths) } : {}
  // If a change of the tool choice would invalidate the chat's cache, try only the prompt's words first.
  const isForced = mustAnswer && (round > 0 || model.choiceCostsCache !== true)
  const isNative = prompts.tools.length > 0
  return {
    // Copy: the conversation may grow while the request is still in use.
    messages: [...messages],
    tools: prompts.tools,
    ...(isNative ? { toolChoice: isForced ? { name: ANSWER_TOOL } : 'auto' } : {}),
    ...(isNative && breadth === 1 ? { parallelToolCalls: false } : {}),
    ...(isNative
      ? { shape: { minCalls: breadth === 'adaptive' ? 1 : maxCalls, maxCalls, lastTool: ANSWER_TOOL, schemas } }
      : {}),
    ...(temperature === undefined ? {} : { temperature }),
    seed,
    maxTokens: maxReplyTokens,
  }
}

/** What the run has spent on its model. */
export interface Spent {
  readonly tokens: number
  /** True if the budget is used up, so that this turn is the last. */
  readonly isAll: boolean
}

/** The notice that ends each turn's results: the turn's number and its budget. */
export function noticeOf(
  state: State,
  prompts: Prompts,
  { settings, spent }: { settings: Settings; spent: Spent },
): string {
  const turns = state.turn + state.left.turns
  if (settings.noTools || state.mustAnswer) return prompts.lastTurn({ turn: state.turn, turns })
  if (spent.isAll) return prompts.lastTurn({ turn: state.turn, turns: state.turn })
  const { breadth, spend } = settings
  const most = breadth === 'adaptive' ? state.left.breadth : Math.min(breadth, state.left.breadth)
  const left = Math.max(0, (spend.maxTokens ?? 0) - spent.tokens)
  const budget = spend.maxTokens === undefined ? '' : ` Tokens left: ${left}.`
  const calls = `${most} ${most === 1 ? 'call' : 'calls'}`
  return prompts.turn({ turn: state.turn, turns, calls, left: state.left.turns, budget })
}

function systemFile({ breadth, noTools }: Pick<Settings, 'breadth' | 'noTools'>): string {
  if (noTools) return 'system-no-tools.md'
  if (breadth === 'adaptive') return 'system-adaptive.md'
  return breadth === 1 ? 'system-one.md' : 'system-many.md'
}

/** The search tools with the product's own descriptions, and the answer tool. Made once per set of tools. */
function loadDefinitions(names: readonly ToolName[]): Promise<readonly ToolDefinition[]> {
  return remembered(definitionsOf, names.join(), () => describeAll(names))
}

async function describeAll(names: readonly ToolName[]): Promise<readonly ToolDefinition[]> {
  const answer = { name: ANSWER_TOOL, description: await readText('answer.md'), parameters: answerSchema() }
  const tools = await describeTools(names)
  return [
    ...tools.map(({ name, description, parameters }) => ({
      name,
      description,
      // `toJSONSchema` makes an object; its type is unknown only because a schema may be `true`.
      parameters: parameters as Readonly<Record<string, unknown>>,
    })),
    answer,
  ]
}

/** Keywords for bounds, which models needn't read: a call beyond them is repaired, or the model is told. */
const UNTOLD = new Set([
  '$schema',
  'additionalProperties',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
])

/** A schema without keywords that cost tokens and say little. Some endpoints refuse a schema that names its dialect. */
function slim(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  // The schema's description repeats the tool's.
  const { description: _, ...rest } = schema
  return withoutBounds(rest) as Readonly<Record<string, unknown>>
}

function withoutBounds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBounds)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => !UNTOLD.has(key))
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutBounds(inner)]))
}

function toolLine(definition: ToolDefinition): string {
  return JSON.stringify({ type: 'function', function: definition })
}

/** Cached for the life of the process: the package's files don't change, and many runs start at once. */
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
  // Use a function, because a replacement string would interpret `$&` in an issue.
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => String(parts[name] ?? whole))
}

/** JSON schema of the answer tool's arguments. It allows only the given paths, if any; `readAnswer` accepts more. */
function answerSchema(paths: readonly string[] = []): Readonly<Record<string, unknown>> {
  const lined = { type: 'integer' }
  const named = {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'Qualified within the file: Class.method.' },
      startLine: lined,
      endLine: lined,
    },
    required: ['name'],
  }
  const path = paths.length > 0 ? { enum: paths } : { type: 'string', description: 'As the tools show it.' }
  const file = {
    type: 'object',
    properties: { path, functions: { type: 'array', description: 'Best first.', items: named } },
    required: ['path'],
  }
  return { type: 'object', properties: { files: { type: 'array', items: file, minItems: 1 } }, required: ['files'] }
}
