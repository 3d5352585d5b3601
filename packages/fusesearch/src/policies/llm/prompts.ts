import { readFile } from 'node:fs/promises'
import type { State } from '../../agent/index.ts'
import type { ChatRequest, Message, ToolDefinition } from '../../models/index.ts'
import { describeTools, PAPER_TOOLS, type ToolName } from '../../search/index.ts'
import type { Settings } from './options.ts'

/** The name of the tool that ends a run. */
export const ANSWER_TOOL = 'answer'

/** Everything that a model reads besides results, for one mode of the policy. */
export interface Prompts {
  readonly system: string
  /** The tools of a request; none in text form, where `system` describes them. */
  readonly tools: readonly ToolDefinition[]
  /** All tools, whatever the form. */
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
  /** A sentence on the tokens left, with a space before it; empty without a limit. */
  readonly budget: string
}

/** Loads the texts of a mode from `prompts/`. */
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

/** What a request is made of besides the settings. */
export interface RequestParts {
  readonly messages: readonly Message[]
  readonly prompts: Prompts
  readonly seed: number
  readonly mustAnswer: boolean
  /** Replies of this turn before this request. */
  readonly round: number
}

/** The request for the next reply. */
export function requestOf(parts: RequestParts, settings: Settings): ChatRequest {
  const { messages, prompts, seed, mustAnswer, round } = parts
  const { breadth, maxReplyTokens, model, temperature } = settings
  // Where another tool choice loses the cache of the whole chat, the words of the prompt are tried first.
  const isForced = mustAnswer && (round > 0 || model.choiceCostsCache !== true)
  const isNative = prompts.tools.length > 0
  return {
    // A copy: the conversation grows while an endpoint may still hold the request.
    messages: [...messages],
    tools: prompts.tools,
    ...(isNative ? { toolChoice: isForced ? { name: ANSWER_TOOL } : 'auto' } : {}),
    ...(isNative && breadth === 1 ? { parallelToolCalls: false } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    seed,
    maxTokens: maxReplyTokens,
  }
}

/** What the run has spent on its model. */
export interface Spent {
  readonly tokens: number
  /** True when nothing more may be spent: this turn is the last. */
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

/** The tools as every caller of the product knows them, and the answer tool; made once for each set of tools. */
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

/** Kept for the life of the process: the package's own files don't change, and many runs start at once. */
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
  // A function, since `$&` in an issue would have a meaning in a replacement string.
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, name: string) => String(parts[name] ?? whole))
}

/** JSON schema of the answer tool's arguments; `readAnswer` accepts more. */
const ANSWER_SCHEMA: Readonly<Record<string, unknown>> = {
  type: 'object',
  properties: {
    files: {
      type: 'array',
      description: 'Files that must change, best first.',
      items: {
        type: 'object',
        properties: {
          path: { type: 'string', description: 'Path as the tools show it.' },
          functions: {
            type: 'array',
            description: 'Functions and methods to change in this file, best first; empty for a change outside any.',
            items: {
              type: 'object',
              properties: {
                name: { type: 'string', description: 'Qualified within the file: Class.method.' },
                startLine: { type: 'integer', description: 'First line, counted from 1.' },
                endLine: { type: 'integer', description: 'Last line, included.' },
              },
              required: ['name'],
              additionalProperties: false,
            },
          },
        },
        required: ['path'],
        additionalProperties: false,
      },
    },
    confidence: { type: 'number', description: 'From 0 to 1: how sure you are that the first file is right.' },
  },
  required: ['files'],
  additionalProperties: false,
}
