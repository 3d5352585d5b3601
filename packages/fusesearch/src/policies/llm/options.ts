import type { Policy } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import type { ChatModel, Price } from '../../models/index.ts'

/** Increase it with every change of a text in `prompts/`. Trajectories record it, to tell which texts a model got. */
export const PROMPT_VERSION = 2

/** How much of the observations the model sees, and for how long; see docs/llm.md. */
export interface ContextOptions {
  /** Most estimated tokens that one call may show. */
  readonly maxTokensPerCall?: number
  /** Most estimated tokens that all calls of a turn may show. */
  readonly maxTokensPerTurn?: number
  /** Hide lines that the conversation already shows; true when left out. */
  readonly hideShownLines?: boolean
  /** Tell the model how much of each result was new. */
  readonly novelty?: boolean
  /** Fold observations older than this many turns. Null, the default, never folds, so that prompt caches stay valid. */
  readonly foldAfterTurns?: number | null
}

/** What a run may spend on its model. At each limit the model must answer. */
export interface SpendLimits {
  /** Most input and output tokens of all requests. */
  readonly maxTokens?: number
  /** In the currency of `price`, which is then required. */
  readonly maxCost?: number
  readonly price?: Price
}

/** Options of {@link createLlmPolicy}. */
export interface LlmOptions extends SpendLimits {
  readonly model: ChatModel
  /** Calls per turn: as many as the model chooses (`adaptive`), or at most this number. */
  readonly breadth?: 'adaptive' | number
  /** `text`: the system prompt describes the tools and calls are `<tool_call>` blocks, for models without native calls. */
  readonly toolForm?: ToolForm
  readonly temperature?: number
  /** Most tokens of one reply. */
  readonly maxReplyTokens?: number
  /** Most tokens of the chat and its reply together; the model's own value when left out. */
  readonly contextLength?: number
  readonly context?: ContextOptions
  /** The policy that searches and answers when the model fails or isn't trusted. */
  readonly fallback?: Policy
  /**
   * The share of issues, in [0, 1], on which the model's first file is right, as an evaluation measured it. The model's
   * answer replaces that of the fallback where the fallback is less sure. 0 when left out: never; 1: always.
   */
  readonly trust?: number
  /** A policy that first searches to its end. The first message tells the model its result, and the model goes on. */
  readonly seedWith?: Policy
  /** The model answers from the issue alone, in one turn. This measures what the model has memorized. */
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
  readonly trust: number
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
  const { maxTokensPerTurn = DEFAULT_MAX_TOKENS_PER_TURN } = context
  const settings: Settings = {
    model,
    breadth: options.breadth ?? 'adaptive',
    toolForm: options.toolForm ?? 'native',
    temperature,
    maxReplyTokens: options.maxReplyTokens ?? DEFAULT_MAX_REPLY_TOKENS,
    contextLength: options.contextLength,
    context: {
      maxTokensPerCall: context.maxTokensPerCall ?? callShare(DEFAULT_MAX_TOKENS_PER_CALL, maxTokensPerTurn),
      maxTokensPerTurn,
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
    trust: options.trust ?? 0,
    seedWith,
    noTools: options.noTools ?? false,
  }
  check(settings)
  return settings.contextLength === undefined ? settings : fitContext(settings, settings.contextLength)
}

/** A context must have room for this many replies, and for this many turns of results besides the first message. */
const REPLIES_IN_CONTEXT = 16
const TURNS_IN_CONTEXT = 4
/** Number of large results to expect per turn. */
const LARGE_RESULTS = 3

/** The settings with budgets that fit into a context of this many tokens. */
export function fitContext(settings: Settings, contextLength: number): Settings {
  const { context } = settings
  const maxReplyTokens = Math.min(settings.maxReplyTokens, Math.ceil(contextLength / REPLIES_IN_CONTEXT))
  const maxTokensPerTurn = Math.min(context.maxTokensPerTurn, Math.ceil(contextLength / TURNS_IN_CONTEXT))
  const maxTokensPerCall = callShare(context.maxTokensPerCall, maxTokensPerTurn)
  return { ...settings, contextLength, maxReplyTokens, context: { ...context, maxTokensPerCall, maxTokensPerTurn } }
}

/** The tokens of a call's result, so that a turn has room for several large ones. */
function callShare(maxTokensPerCall: number, maxTokensPerTurn: number): number {
  return Math.min(maxTokensPerCall, Math.ceil(maxTokensPerTurn / LARGE_RESULTS))
}

/** The number of policies with turns of their own: the model, the seed policy and a different fallback. */
export function partsOf({ fallback, noTools, seedWith }: Settings): number {
  if (noTools) return 1
  return 1 + (seedWith === undefined ? 0 : 1) + (fallback === undefined || fallback === seedWith ? 0 : 1)
}

function check({ breadth, temperature, trust, spend, context, contextLength, maxReplyTokens }: Settings): void {
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
  if (!(trust >= 0 && trust <= 1)) throw bad(`The option trust is ${trust}; give a share from 0 to 1.`)
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
