import type { ChatRequest, Usage } from '../../models/index.ts'

/** UTF-8 bytes of a token of code in common vocabularies, measured as 3.6 characters; a little less is on the safe side. */
const BYTES_PER_TOKEN = 3.5
/** What an endpoint reports moves the estimate no further than this, so that a wrong count cannot break the budget. */
const MIN_CORRECTION = 0.5
const MAX_CORRECTION = 2
/** Smaller requests say more of the endpoint's own template than of its vocabulary. */
const MIN_TOKENS_TO_LEARN = 500

/** The part of a request that becomes tokens. */
type RequestText = Pick<ChatRequest, 'messages' | 'tools'>

/** Estimates tokens; the endpoint's own counts correct it as they come. */
export interface TokenEstimate {
  of(text: string): number
  ofBytes(bytes: number): number
  /** UTF-8 bytes that so many tokens hold. */
  toBytes(tokens: number): number
  ofRequest(request: RequestText): number
  learn(request: RequestText, usage: Usage): void
}

/** An estimate that has seen no usage yet: bytes over 3.5. */
export function createTokenEstimate(): TokenEstimate {
  let correction = 1
  const ofBytes = (bytes: number): number => Math.ceil((bytes * correction) / BYTES_PER_TOKEN)
  return {
    of: (text) => ofBytes(Buffer.byteLength(text)),
    ofBytes,
    toBytes: (tokens) => Math.floor((tokens * BYTES_PER_TOKEN) / correction),
    ofRequest: (request) => ofBytes(bytesOfRequest(request)),
    learn(request, { inputTokens }) {
      const plain = bytesOfRequest(request) / BYTES_PER_TOKEN
      if (plain < MIN_TOKENS_TO_LEARN || !(inputTokens > 0)) return
      correction = Math.min(MAX_CORRECTION, Math.max(MIN_CORRECTION, inputTokens / plain))
    },
  }
}

function bytesOfRequest({ messages, tools }: RequestText): number {
  const texts = messages.map((message) =>
    message.role === 'assistant'
      ? message.content + message.toolCalls.map(({ name, argumentsText }) => name + argumentsText).join('')
      : message.content,
  )
  const tooling = tools.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(tools))
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), tooling)
}
