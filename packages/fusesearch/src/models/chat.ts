/** One chat with tools, in no endpoint's own words: what the LLM policy speaks and every endpoint is translated to. */

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
  /** Native tools; none for a model that is told of its tools in the text. */
  readonly tools: readonly ToolDefinition[]
  /** `required`: some tool must be called; a name: this one must be. */
  readonly toolChoice?: 'auto' | 'required' | { readonly name: string }
  readonly parallelToolCalls?: boolean
  readonly temperature?: number
  readonly seed?: number
  /** Tokens that the reply may hold. */
  readonly maxTokens?: number
}

/** Tokens of one or more requests; what an endpoint does not say is null. */
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
  /** Thoughts that the endpoint gives beside the text; never sent back unless the wire form asks for it. */
  readonly reasoning: string
  readonly toolCalls: readonly ToolCall[]
  readonly finish: Finish
  readonly usage: Usage | null
  /** Whether it came as events; left out by a model that has no such forms. */
  readonly isStreamed?: boolean
  /** Attempts before this reply that failed and were tried again: a short reason each, without any secret. */
  readonly retries: readonly string[]
  readonly ms: number
}

/** A model that can be asked. Stateless: one serves many runs at once. */
export interface ChatModel {
  /** As it is asked for, for example `qwen3-4b`. */
  readonly name: string
  /** What a reader of a trajectory may know of where it runs: kind and host, never a key. */
  readonly endpoint: string
  /** True where another `toolChoice` than in the request before costs the endpoint's cache of the chat. */
  readonly choiceCostsCache?: boolean
  /**
   * Asks for one reply. An aborted `signal` rejects with its reason at once and ends the request.
   * Throws FuseSearchError `model-refused` (key, name or request is not accepted: no use trying again),
   * `model-unreachable` (no connection, 429 or 5xx after every retry), `model-reply-bad` (an answer that is none).
   */
  complete(request: ChatRequest, signal: AbortSignal): Promise<ChatReply>
  close(): Promise<void>
}
