import type { Policy } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import type { ChatModel, Price } from '../../models/index.ts'

/** Raised with every change of a text under `prompts/`: it tells which words the model of a recorded run was given. */
export const PROMPT_VERSION = 2

/** What the model is shown of observations, and for how long; see docs/llm.md. */
export interface ContextOptions {
  /** Estimated tokens that one call may show. */
  readonly maxTokensPerCall?: number
  /** Estimated tokens that the calls of a turn may show together. */
  readonly maxTokensPerTurn?: number
  /** Hide lines that the conversation already shows; true when left out. */
  readonly hideShownLines?: boolean
  /** Tell the model how much of each result was new. */
  readonly novelty?: boolean
  /** Fold observations older than so many turns; null, the default, never does, so that prompt caches hold. */
  readonly foldAfterTurns?: number | null
}

/** What a run may spend on its model; at each limit the model must answer. */
export interface SpendLimits {
  /** Tokens in and out of all requests. */
  readonly maxTokens?: number
  /** In the currency of `price`, which must be given too. */
  readonly maxCost?: number
  readonly price?: Price
}

/** Options of {@link createLlmPolicy}. */
export interface LlmOptions extends SpendLimits {
  readonly model: ChatModel
  /** Calls a turn: as many as the model chooses (`adaptive`), or at most this number. */
  readonly breadth?: 'adaptive' | number
  /** `text`: the system prompt describes the tools and calls are `<tool_call>` blocks, for models without native calls. */
  readonly toolForm?: ToolForm
  readonly temperature?: number
  /** Tokens that one reply may hold. */
  readonly maxReplyTokens?: number
  /** Tokens that the chat and its reply may have together; what the model says of itself when left out. */
  readonly contextLength?: number
  readonly context?: ContextOptions
  /** Continues the search from the same observations when the model fails. */
  readonly fallback?: Policy
  /** Searches before the model, to its end; the first message says what it found, and the model goes on from there. */
  readonly seedWith?: Policy
  /** The model answers from the issue alone, in one turn: this measures what it knows by heart. */
  readonly noTools?: boolean
}

export type ToolForm = 'native' | 'text'

/** Options with every default filled in. */
export interface Settings {
  readonly model: ChatModel
  readonly breadth: 'adaptive' | number
  readonly toolForm: ToolForm
  readonly temperature: number | undefined
  readonly maxReplyTokens: number
  readonly contextLength: number | undefined
  readonly context: Required<ContextOptions>
  readonly spend: SpendLimits
  readonly fallback: Policy | undefined
  readonly seedWith: Policy | undefined
  readonly noTools: boolean
}

const DEFAULT_MAX_REPLY_TOKENS = 4_096
/** About 14 kB, or 350 lines. */
const DEFAULT_MAX_TOKENS_PER_CALL = 4_000
const DEFAULT_MAX_TOKENS_PER_TURN = 12_000

/** Fills in the defaults. Throws `bad-argument` for a number out of range. */
export function resolveOptions(options: LlmOptions): Settings {
  const { model, temperature, fallback, seedWith, maxTokens, maxCost, price, context = {} } = options
  const settings: Settings = {
    model,
    breadth: options.breadth ?? 'adaptive',
    toolForm: options.toolForm ?? 'native',
    temperature,
    maxReplyTokens: options.maxReplyTokens ?? DEFAULT_MAX_REPLY_TOKENS,
    contextLength: options.contextLength,
    context: {
      maxTokensPerCall: context.maxTokensPerCall ?? DEFAULT_MAX_TOKENS_PER_CALL,
      maxTokensPerTurn: context.maxTokensPerTurn ?? DEFAULT_MAX_TOKENS_PER_TURN,
      hideShownLines: context.hideShownLines ?? true,
      novelty: context.novelty ?? false,
      foldAfterTurns: context.foldAfterTurns ?? null,
    },
    spend: {
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(maxCost === undefined ? {} : { maxCost }),
      ...(price === undefined ? {} : { price }),
    },
    fallback,
    seedWith,
    noTools: options.noTools ?? false,
  }
  check(settings)
  return settings.contextLength === undefined ? settings : fitContext(settings, settings.contextLength)
}

/** A context is for this many replies, and for the results of this many turns beside the first message. */
const REPLIES_IN_CONTEXT = 16
const TURNS_IN_CONTEXT = 4
/** The most calls of a turn whose results are large. */
const LARGE_RESULTS = 3

/** The settings with budgets that fit into a context of so many tokens. */
export function fitContext(settings: Settings, contextLength: number): Settings {
  const { context } = settings
  const maxReplyTokens = Math.min(settings.maxReplyTokens, Math.ceil(contextLength / REPLIES_IN_CONTEXT))
  const maxTokensPerTurn = Math.min(context.maxTokensPerTurn, Math.ceil(contextLength / TURNS_IN_CONTEXT))
  const maxTokensPerCall = Math.min(context.maxTokensPerCall, Math.ceil(maxTokensPerTurn / LARGE_RESULTS))
  return { ...settings, contextLength, maxReplyTokens, context: { ...context, maxTokensPerCall, maxTokensPerTurn } }
}

/** The model, the policy that searches before it, and the one that stands in for it; one that did both is done. */
export function partsOf({ fallback, noTools, seedWith }: Settings): number {
  if (noTools) return 1
  return 1 + (seedWith === undefined ? 0 : 1) + (fallback === undefined || fallback === seedWith ? 0 : 1)
}

function check({ breadth, temperature, spend, context, contextLength, maxReplyTokens }: Settings): void {
  if (breadth !== 'adaptive') wholeNumber('breadth', breadth)
  wholeNumber('maxReplyTokens', maxReplyTokens)
  if (contextLength !== undefined) wholeNumber('contextLength', contextLength)
  wholeNumber('context.maxTokensPerCall', context.maxTokensPerCall)
  wholeNumber('context.maxTokensPerTurn', context.maxTokensPerTurn)
  if (context.foldAfterTurns !== null) wholeNumber('context.foldAfterTurns', context.foldAfterTurns)
  if (spend.maxTokens !== undefined) wholeNumber('maxTokens', spend.maxTokens)
  if (temperature !== undefined && !(temperature >= 0 && temperature <= 2)) {
    throw bad(`The temperature is ${temperature}; give a number from 0 to 2.`)
  }
  for (const [name, amount] of Object.entries(spend.price ?? {})) {
    if (!(amount >= 0 && Number.isFinite(amount)))
      throw bad(`The price ${name} is ${amount}; give 0 or more a million tokens.`)
  }
  if (spend.maxCost === undefined) return
  if (!(spend.maxCost > 0)) throw bad(`The limit maxCost is ${spend.maxCost}; give a number above 0.`)
  if (spend.price === undefined)
    throw bad('maxCost needs the price of the model: give price.inputPerMillion and price.outputPerMillion.')
}

function wholeNumber(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return
  throw bad(`The option ${name} is ${value}; give a whole number of at least 1.`)
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
