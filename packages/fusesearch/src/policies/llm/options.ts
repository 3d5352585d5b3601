import type { Policy } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import type { ChatModel, Price } from '../../models/index.ts'

/** What may be shown and kept of observations; see docs/llm.md. */
export interface ContextOptions {
  /** Estimated tokens that one call may show. */
  readonly maxTokensPerCall?: number
  /** Estimated tokens that the calls of a turn may show together. */
  readonly maxTokensPerTurn?: number
  /** Hide lines that stand above in the conversation already; true when left out. */
  readonly hideShownLines?: boolean
  /** Say of each call how much of it was new. */
  readonly novelty?: boolean
  /** Fold observations that are older than so many turns; null, the default, keeps the prefix unchanged for caches. */
  readonly foldAfterTurns?: number | null
}

/** What a run may spend on its model; each ends the run with an answer. */
export interface SpendLimits {
  /** Tokens in and out of all requests. */
  readonly maxTokens?: number
  /** In the currency of the price, which it needs. */
  readonly maxCost?: number
  readonly price?: Price
}

/** Options of {@link createLlmPolicy}. */
export interface LlmOptions extends SpendLimits {
  readonly model: ChatModel
  /** Calls a turn: as many as the model sees fit, always one, or so many. */
  readonly breadth?: 'adaptive' | number
  /** `text`: tools stand in the system prompt and calls in `<tool_call>` blocks, for models without native tool calls. */
  readonly toolForm?: ToolForm
  /** Force the answer tool on the last turn; false for endpoints that refuse a named tool choice. */
  readonly forceAnswer?: boolean
  readonly temperature?: number
  /** Tokens that one reply may hold. */
  readonly maxReplyTokens?: number
  readonly context?: ContextOptions
  /** Searches on and answers, from the same observations, when the model fails. */
  readonly fallback?: Policy
  /** Its first turn becomes the first turn of the run. */
  readonly seedWith?: Policy
  /** Answer from the issue alone, in one turn: how much the model has by heart. */
  readonly noTools?: boolean
}

export type ToolForm = 'native' | 'text'

/** Options with every default filled in. */
export interface Settings {
  readonly model: ChatModel
  readonly breadth: 'adaptive' | number
  readonly toolForm: ToolForm
  readonly forceAnswer: boolean
  readonly temperature: number | undefined
  readonly maxReplyTokens: number
  readonly context: Required<ContextOptions>
  readonly spend: SpendLimits
  readonly fallback: Policy | undefined
  readonly seedWith: Policy | undefined
  readonly noTools: boolean
}

const DEFAULT_MAX_REPLY_TOKENS = 4_096
/** About 14 kB: some 350 lines. */
const DEFAULT_MAX_TOKENS_PER_CALL = 4_000
const DEFAULT_MAX_TOKENS_PER_TURN = 12_000

/** Fills the defaults in. Throws `bad-argument` for a number that no run can have. */
export function resolveOptions(options: LlmOptions): Settings {
  const { model, temperature, fallback, seedWith, maxTokens, maxCost, price, context = {} } = options
  const settings: Settings = {
    model,
    breadth: options.breadth ?? 'adaptive',
    toolForm: options.toolForm ?? 'native',
    forceAnswer: options.forceAnswer ?? true,
    temperature,
    maxReplyTokens: options.maxReplyTokens ?? DEFAULT_MAX_REPLY_TOKENS,
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
  return settings
}

function check({ breadth, temperature, spend, context, maxReplyTokens }: Settings): void {
  if (breadth !== 'adaptive') wholeNumber('breadth', breadth)
  wholeNumber('maxReplyTokens', maxReplyTokens)
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
