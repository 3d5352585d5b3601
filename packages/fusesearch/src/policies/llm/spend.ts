import { addUse, type ModelUse } from '../../agent/index.ts'
import { type ChatReply, type ChatRequest, costOf, type Price } from '../../models/index.ts'
import type { SpendLimits } from './options.ts'
import type { TokenEstimate } from './tokens.ts'

/** What a run's model has cost so far. */
export interface Spending {
  readonly total: ModelUse
  add(request: ChatRequest, reply: ChatReply): void
  /** What came since it was last taken; undefined for nothing. */
  take(): ModelUse | undefined
  /** Why a request of so many tokens may not be made, as a clause; undefined when it may. */
  refusal(inputTokens: number): string | undefined
  /** True when this request may be made but one more after it likely not: now is the time to answer. */
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

/** Tokens that a reply takes at least, for looking ahead. */
const REPLY_TOKENS = 200

/** Counts a run's spending against its limits. */
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
    // The next request holds this one's reply and what its calls showed besides.
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
