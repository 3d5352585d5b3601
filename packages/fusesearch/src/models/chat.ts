/** A chat with tools, independent of any endpoint's format: the LLM policy uses it, and each endpoint translates it. */

/** A tool as the model sees it. */
export interface ToolDefinition {
  readonly name: string
  readonly description: string
  /** JSON schema of the arguments object. */
  readonly parameters: Readonly<Record<string, unknown>>
}

/** A call as the model wrote it: `argumentsText` is its raw JSON text, which may be malformed. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly argumentsText: string
}

export type Message =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly callId: string; readonly name: string; readonly content: string }

/** One request. What is left out is the endpoint's default. */
export interface ChatRequest {
  readonly messages: readonly Message[]
  /** Native tools; none for a model that reads of its tools in the text. */
  readonly tools: readonly ToolDefinition[]
  /** `required`: the model must call a tool; a name: it must call this tool. */
  readonly toolChoice?: 'auto' | 'required' | { readonly name: string }
  readonly parallelToolCalls?: boolean
  /** For a model whose replies follow a grammar; an endpoint is not told. */
  readonly shape?: ReplyShape
  readonly temperature?: number
  readonly seed?: number
  /** Tokens that the reply may hold. */
  readonly maxTokens?: number
}

/** What a reply may hold, beyond what its tools say. */
export interface ReplyShape {
  /** The least and the most calls of a reply. */
  readonly minCalls: number
  readonly maxCalls: number
  /** The tool that ends a run: it is called alone, and the number of calls does not count for it. */
  readonly lastTool: string
  /** By tool: a schema that takes the place of the one that the model is told. */
  readonly schemas?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Tokens of one or more requests; null for a count that an endpoint does not report. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Part of `inputTokens` that came from the endpoint's prompt cache. */
  readonly cachedTokens: number | null
}

/** Why a reply ended. `length`: cut off by a token limit; `filtered`: withheld by the endpoint. */
export type Finish = 'stop' | 'tool-calls' | 'length' | 'filtered' | 'unknown'

export interface ChatReply {
  readonly text: string
  /** Thoughts that the endpoint sends beside the text; they are never sent back. */
  readonly reasoning: string
  readonly toolCalls: readonly ToolCall[]
  readonly finish: Finish
  readonly usage: Usage | null
  /** Whether it came as events; left out by models that don't stream. */
  readonly isStreamed?: boolean
  /** A short reason for each failed attempt before this reply, without any secret. */
  readonly retries: readonly string[]
  readonly ms: number
}

/** A model. Stateless: one serves many runs at once. */
export interface ChatModel {
  /** As requests name it, for example `qwen3-4b`. */
  readonly name: string
  /** Where it runs, for trajectories: kind and host, never a key. */
  readonly endpoint: string
  /** Tokens that a chat and its reply may have together; left out where nobody can say. May load the model. */
  contextLength?(): Promise<number>
  /** True where another `toolChoice` than in the request before loses the endpoint's cache of the chat. */
  readonly choiceCostsCache?: boolean
  /**
   * Asks for one reply. An aborted `signal` rejects with its reason at once and ends the request.
   * Throws FuseSearchError `model-refused` (the key, name or request is not accepted, so a retry won't help),
   * `model-unreachable` (no connection, 429 or 5xx after every retry) or `model-reply-bad` (an unusable reply).
   */
  complete(request: ChatRequest, signal: AbortSignal): Promise<ChatReply>
  close(): Promise<void>
}

/** Prices of a million tokens, in any one currency. */
export interface Price {
  readonly inputPerMillion: number
  readonly outputPerMillion: number
  /** Of input from the endpoint's cache; the price of other input when left out. */
  readonly cachedPerMillion?: number
}

const MILLION = 1_000_000

/**
 * What tokens cost, in the currency of the price. Cached tokens are part of the input and have their own price; without
 * a count none are cached. The price of writing to a cache is unknown and not included.
 */
export function costOf({ cachedTokens, inputTokens, outputTokens }: Usage, price: Price): number {
  const cached = Math.min(cachedTokens ?? 0, inputTokens)
  const cachedPrice = price.cachedPerMillion ?? price.inputPerMillion
  const input = (inputTokens - cached) * price.inputPerMillion + cached * cachedPrice
  return (input + outputTokens * price.outputPerMillion) / MILLION
}
