import type { ChatRequest } from '../chat.ts'
import type { Draft } from '../draft.ts'
import type { JsonObject } from '../shapes.ts'

/** The two forms that endpoints speak. */
export type WireName = 'openai' | 'anthropic'

/** Parts of a request that an endpoint may refuse and that can be left out; each is then left out for good. */
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

/** How a request is written. */
export interface BodySettings {
  readonly model: string
  readonly isStreamed: boolean
  readonly refused: ReadonlySet<Parameter>
}

/** An error that came in the place of a reply. */
export interface WireError {
  readonly message: string
  /** Words and numbers that say of what kind it is: type, code. */
  readonly kind: string
  /** The parameter that it names, or the empty text. */
  readonly parameter: string
}

/** What one value, a whole body or the data of one event, meant. */
export type Taken =
  | { readonly kind: 'more' }
  /** The reply is whole: nothing that matters follows. */
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: WireError }
  /** It isn't of this form. */
  | { readonly kind: 'unknown' }

/** Fills a draft with what comes in. */
export interface ReplyReader {
  readonly draft: Draft
  takeBody(value: unknown): Taken
  takeEvent(value: unknown): Taken
}

/** One form of asking: everything else is the same for all endpoints. */
export interface Wire {
  readonly name: WireName
  readonly defaultBaseUrl: string
  /** Another choice of tools than before costs the cached messages. */
  readonly choiceCostsCache: boolean
  /** The address that is asked, of a base URL as people write it. */
  path(pathname: string): string
  headers(key: string | undefined): Readonly<Record<string, string>>
  body(request: ChatRequest, settings: BodySettings): JsonObject
  /** What {@link Parameter}s a body holds. */
  parameters(body: JsonObject): readonly Parameter[]
  read(): ReplyReader
}

/** Reads an error object as both forms have it. */
export function readError(value: JsonObject): WireError {
  const words = [value.type, value.code].filter((word) => typeof word === 'string' || typeof word === 'number')
  const message = typeof value.message === 'string' ? value.message : JSON.stringify(value)
  return { message, kind: words.join(' '), parameter: typeof value.param === 'string' ? value.param : '' }
}

export const MORE: Taken = { kind: 'more' }
export const END: Taken = { kind: 'end' }
export const UNKNOWN: Taken = { kind: 'unknown' }
