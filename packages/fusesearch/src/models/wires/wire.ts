import type { ChatRequest, Finish } from '../chat.ts'
import type { Draft } from '../messages.ts'
import { type JsonObject, textOf } from '../shapes.ts'

/** The two request and reply formats of endpoints. */
export type WireName = 'openai' | 'anthropic'

/** Optional parts of a request. Once an endpoint refuses one, later requests leave it out. */
export type Parameter =
  | 'cache_control'
  | 'disable_parallel_tool_use'
  | 'max_completion_tokens'
  | 'max_tokens'
  | 'parallel_tool_calls'
  | 'seed'
  | 'stream_options'
  | 'temperature'
  | 'tool_choice'

/** What a request's body depends on, besides the request. */
export interface BodySettings {
  readonly model: string
  readonly isStreamed: boolean
  readonly refused: ReadonlySet<Parameter>
}

/** An error that an endpoint sent instead of a reply. */
export interface WireError {
  readonly message: string
  /** Its type and code, in one text. */
  readonly kind: string
  /** The parameter that the error names; empty if it names none. */
  readonly parameter: string
}

/** The meaning of one value: a whole body, or the data of one event. */
export type Taken =
  | { readonly kind: 'more' }
  /** The reply is complete; nothing that matters follows. */
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: WireError }
  /** The value isn't in this format. */
  | { readonly kind: 'unknown' }

/** Fills a draft from what an endpoint sends. */
export interface ReplyReader {
  readonly draft: Draft
  takeBody(value: unknown): Taken
  takeEvent(value: unknown): Taken
}

/** One format of requests and replies. Everything else is the same for all endpoints. */
export interface Wire {
  readonly name: WireName
  readonly defaultBaseUrl: string
  /** True if a change of the tool choice between requests invalidates the cached messages. */
  readonly choiceCostsCache: boolean
  /** The path to post to, made from the path of a base URL. */
  path(pathname: string): string
  headers(key: string | undefined): Readonly<Record<string, string>>
  body(request: ChatRequest, settings: BodySettings): JsonObject
  /** The {@link Parameter}s in a body. */
  parameters(body: JsonObject): readonly Parameter[]
  read(): ReplyReader
}

/** Reads an error object; both formats have the same. */
export function readError(value: JsonObject): WireError {
  const words = [value.type, value.code].filter((word) => typeof word === 'string' || typeof word === 'number')
  const message = typeof value.message === 'string' ? value.message : JSON.stringify(value)
  return { message, kind: words.join(' '), parameter: typeof value.param === 'string' ? value.param : '' }
}

/** The finish for an endpoint's finish reason; undefined if it sent none. */
export function finishIn(words: Readonly<Record<string, Finish>>, word: unknown): Finish | undefined {
  return word === null || word === undefined ? undefined : (words[textOf(word)] ?? 'unknown')
}

export const MORE: Taken = { kind: 'more' }
export const END: Taken = { kind: 'end' }
export const UNKNOWN: Taken = { kind: 'unknown' }
