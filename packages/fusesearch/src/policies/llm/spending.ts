import { addUse, type ModelUse } from '../../agent/index.ts'
import { type ChatReply, type ChatRequest, costOf, type Price, type Usage } from '../../models/index.ts'
import type { SpendLimits } from './options.ts'

/** What a run has spent on its model, against its limits. */
export interface Spending {
  readonly total: ModelUse
  add(request: ChatRequest, reply: ChatReply): void
  /** What was spent since the last call of `take`; undefined for nothing. */
  take(): ModelUse | undefined
  /** Why a request of this many tokens is not allowed, as a clause; undefined if it is. */
  refusal(inputTokens: number): string | undefined
  /** True if this request is allowed but the next one probably isn't, so that the model must answer now. */
  isLast(inputTokens: number): boolean
}

const NOTHING: ModelUse = {
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: null,
  isEstimated: false,
  cost: null,
  ms: 0,
  retries: 0,
}

/** Fewest tokens to expect for a reply. */
const REPLY_TOKENS = 200

export function createSpending(limits: SpendLimits, estimate: TokenEstimate): Spending {
  let total = NOTHING
  let open: ModelUse | undefined
  const { maxCost, maxTokens, price } = limits
  const after = (inputTokens: number, times: number): string | undefined => {
    const input = inputTokens * times
    const output = REPLY_TOKENS * times
    if (maxTokens !== undefined && total.inputTokens + total.outputTokens + input + output > maxTokens) {
      return `the limit of ${maxTokens} tokens leaves no room for another request`
    }
    if (maxCost === undefined || price === undefined) return undefined
    const next = costOf({ inputTokens: input, outputTokens: output, cachedTokens: null }, price)
    return (total.cost ?? 0) + next > maxCost
      ? `the limit of ${maxCost} on the cost leaves no room for another request`
      : undefined
  }
  return {
    get total() {
      return total
    },
    add(request, reply) {
      const use = useOf({ request, reply, price }, estimate)
      total = addUse(total, use)
      open = open === undefined ? use : addUse(open, use)
    },
    take() {
      const taken = open
      open = undefined
      return taken
    },
    refusal: (inputTokens) => after(inputTokens, 1),
    // The next request also contains this one's reply and results, so both together count as two and a half requests.
    isLast: (inputTokens) => after(inputTokens, 1) === undefined && after(inputTokens, 2.5) !== undefined,
  }
}

interface Asked {
  readonly request: ChatRequest
  readonly reply: ChatReply
  readonly price: Price | undefined
}

function useOf({ request, reply, price }: Asked, estimate: TokenEstimate): ModelUse {
  const written = reply.text + reply.reasoning + reply.toolCalls.map((call) => call.name + call.argumentsText).join('')
  const usage = reply.usage ?? {
    inputTokens: estimate.ofRequest(request),
    outputTokens: estimate.of(written),
    cachedTokens: null,
  }
  return {
    requests: 1,
    ...usage,
    isEstimated: reply.usage === null,
    cost: price === undefined ? null : costOf(usage, price),
    ms: reply.ms,
    retries: reply.retries.length,
  }
}

/** UTF-8 bytes per token of code: 3.6 were measured for common vocabularies, and a little less is safer. */
const BYTES_PER_TOKEN = 3.5
/** Limits of the correction by an endpoint's counts, so that a wrong count can't break the budget. */
const MIN_CORRECTION = 0.5
const MAX_CORRECTION = 2
/** Smaller requests don't correct the estimate, since the chat template outweighs their text. */
const MIN_TOKENS_TO_LEARN = 500

/** The parts of a request that become tokens. */
type RequestText = Pick<ChatRequest, 'messages' | 'tools'>

/** Estimates tokens, and corrects itself by the counts that the endpoint reports. */
export interface TokenEstimate {
  of(text: string): number
  /** The UTF-8 bytes for this many tokens. */
  toBytes(tokens: number): number
  ofRequest(request: RequestText): number
  learn(request: RequestText, usage: Usage): void
}

export function createTokenEstimate(): TokenEstimate {
  let correction = 1
  const ofBytes = (bytes: number): number => Math.ceil((bytes * correction) / BYTES_PER_TOKEN)
  return {
    of: (text) => ofBytes(Buffer.byteLength(text)),
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
