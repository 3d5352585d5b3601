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
  /** Native tools; empty for a model whose system prompt describes its tools. */
  readonly tools: readonly ToolDefinition[]
  /** `required`: the model must call a tool; a name: it must call this tool. */
  readonly toolChoice?: 'auto' | 'required' | { readonly name: string }
  readonly parallelToolCalls?: boolean
  /** For a model whose replies follow a grammar; not sent to an endpoint. */
  readonly shape?: ReplyShape
  readonly temperature?: number
  readonly seed?: number
  /** Most tokens of the reply. */
  readonly maxTokens?: number
}

/** What a reply may contain, in addition to the schemas of its tools. */
export interface ReplyShape {
  /** The least and the most calls of a reply. */
  readonly minCalls: number
  readonly maxCalls: number
  /** The tool that ends a run. It is called alone, and the limits on the number of calls don't apply to it. */
  readonly lastTool: string
  /** By tool: a schema that replaces the one that the model is told. */
  readonly schemas?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Tokens of one or more requests; null for a count that the endpoint doesn't report. */
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
  /** Thoughts that the endpoint sends separately from the text; they are never sent back. */
  readonly reasoning: string
  readonly toolCalls: readonly ToolCall[]
  readonly finish: Finish
  readonly usage: Usage | null
  /** Whether the reply was streamed; left out by models that don't stream. */
  readonly isStreamed?: boolean
  /** A short reason for each failed attempt before this reply, without secrets. */
  readonly retries: readonly string[]
  readonly ms: number
}

/** A model. It is stateless, so one object can serve many runs at once. */
export interface ChatModel {
  /** As requests name it, for example `qwen3-4b`. */
  readonly name: string
  /** Where it runs, for trajectories: kind and host, never a key. */
  readonly endpoint: string
  /** Most tokens of a chat and its reply together; left out if unknown. May load the model. */
  contextLength?(): Promise<number>
  /** True if changing `toolChoice` between requests invalidates the endpoint's cache of the chat. */
  readonly choiceCostsCache?: boolean
  /**
   * Asks for one reply. If `signal` aborts, rejects at once with its reason and ends the request.
   * Throws FuseSearchError `model-refused` (the key, name or request is not accepted, so a retry won't help),
   * `model-unreachable` (no connection, 429 or 5xx after all retries) or `model-reply-bad` (an unusable reply).
   */
  complete(request: ChatRequest, signal: AbortSignal): Promise<ChatReply>
  close(): Promise<void>
}

/** Prices of a million tokens, in any one currency. */
export interface Price {
  readonly inputPerMillion: number
  readonly outputPerMillion: number
  /** The price of input from the endpoint's cache; that of other input when left out. */
  readonly cachedPerMillion?: number
}

const MILLION = 1_000_000

/**
 * What tokens cost, in the currency of the price. Cached tokens are part of the input and have their own price; an
 * unknown count of them counts as none. The price of writing to a cache is unknown and not included.
 */
export function costOf({ cachedTokens, inputTokens, outputTokens }: Usage, price: Price): number {
  const cached = Math.min(cachedTokens ?? 0, inputTokens)
  const cachedPrice = price.cachedPerMillion ?? price.inputPerMillion
  const input = (inputTokens - cached) * price.inputPerMillion + cached * cachedPrice
  return (input + outputTokens * price.outputPerMillion) / MILLION
}
