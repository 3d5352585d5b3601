import { setTimeout } from 'node:timers/promises'
import { type Clock, createRng, systemClock } from '../core/index.ts'
import { type AttemptOptions, attempt, createPoster } from './attempt.ts'
import type { ChatModel, ChatReply, ChatRequest } from './chat.ts'
import { type Failure, factOf, toError } from './failure.ts'
import { BAD_REPLY_RETRIES, DEFAULT_TIMEOUT_MS, DEFAULT_TOTAL_TIMEOUT_MS } from './limits.ts'
import { finishDraft } from './messages.ts'
import { estimateTokens, type Pace } from './pace.ts'
import { createKeyRemover, createRedactor } from './redact.ts'
import { refusedParameter } from './refusals.ts'
import { checkedKey, keysOfHeaders, siteOf } from './site.ts'
import { anthropicWire } from './wires/anthropic.ts'
import { openaiWire } from './wires/openai.ts'
import type { Parameter, WireName } from './wires/wire.ts'

/** How often a request is retried, and after which waits. */
export interface Retries {
  /** Attempts after the first. */
  readonly attempts: number
  /** Wait before the first retry, in milliseconds; each further wait is twice as long. */
  readonly firstWaitMs: number
  /** Longest wait, in milliseconds. */
  readonly maxWaitMs: number
}

const DEFAULT_RETRIES: Retries = { attempts: 4, firstWaitMs: 500, maxWaitMs: 8_000 }

/** Options of {@link createChatModel}. */
export interface ChatModelOptions {
  readonly wire: WireName
  /** The endpoint's name for the model. */
  readonly model: string
  /** Its path is completed if necessary; `https://api.openai.com/v1` or `https://api.anthropic.com` when left out. */
  readonly baseUrl?: string
  readonly key?: string
  readonly clock?: Clock
  /** Seed for the random part of the waits between attempts. */
  readonly seed?: number
  readonly retries?: Partial<Retries>
  /** Longest silence, in milliseconds. */
  readonly timeoutMs?: number
  /** Longest time of one attempt, in milliseconds. */
  readonly totalTimeoutMs?: number
  /** Whether to stream replies; true when left out, so that a silent endpoint is noticed. */
  readonly streaming?: boolean
  /** More fields for each request, for example `{ chat_template_kwargs: … }`. They replace fields of the same name. */
  readonly extraBody?: Readonly<Record<string, unknown>>
  /** More headers, for a proxy. A header whose name suggests a key is treated as one. */
  readonly headers?: Readonly<Record<string, string>>
  /** Delays attempts, so that the endpoint needn't refuse them. */
  readonly pace?: Pace
  /** Replaces the wait between attempts, for tests. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** A model behind an endpoint. */
export interface EndpointModel extends ChatModel {
  /** Parameters that the endpoint has refused; they are no longer sent. */
  refused(): readonly Parameter[]
}

const WIRES = { anthropic: anthropicWire, openai: openaiWire }

/** Newer models at this host take only the newer name of the token limit, `max_completion_tokens`. */
const COMPLETION_TOKENS_HOST = 'api.openai.com'

/**
 * A model behind an OpenAI-compatible or Anthropic endpoint. Nothing is sent before `complete`. Throws `bad-argument`
 * for an invalid base URL or key. The key is sent only in one header; redirects are not followed.
 */
export function createChatModel(options: ChatModelOptions): EndpointModel {
  const { clock = systemClock, model, streaming = true } = options
  const wire = WIRES[options.wire]
  const key = checkedKey(options.key)
  const site = siteOf(wire, options.baseUrl)
  const headerKeys = keysOfHeaders(options.headers ?? {})
  const poster = createPoster(site.url)
  const refused = new Set<Parameter>()
  if (site.url.hostname === COMPLETION_TOKENS_HOST) refused.add('max_tokens')
  const caller: Caller = {
    attemptOptions: {
      wire,
      poster,
      key,
      headers: options.headers ?? {},
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      totalTimeoutMs: options.totalTimeoutMs ?? DEFAULT_TOTAL_TIMEOUT_MS,
    },
    refused,
    retries: { ...DEFAULT_RETRIES, ...options.retries },
    seed: options.seed ?? 0,
    wait: options.wait ?? sleep,
    pace: options.pace,
    toBody: (request) => wire.body(request, { model, isStreamed: streaming, refused }),
    extraBody: options.extraBody ?? {},
    subject: `The model ${model} at ${site.url.host}`,
    redact: createRedactor(key, [...site.secrets, ...headerKeys]),
    clean: createKeyRemover([...(key === undefined ? [] : [key]), ...site.keys, ...headerKeys]),
  }
  return {
    name: model,
    endpoint: site.endpoint,
    choiceCostsCache: wire.choiceCostsCache,
    refused: () => [...refused].sort(),
    complete: async (request, signal) => {
      const startedMs = clock.nowMs()
      const reply = await ask(caller, request, signal)
      return { ...reply, ms: clock.nowMs() - startedMs }
    },
    close: () => {
      poster.close()
      return Promise.resolve()
    },
  }
}

/** What all requests of a model share. */
interface Caller {
  readonly attemptOptions: AttemptOptions
  /** The parameters that the endpoint has refused so far. */
  readonly refused: Set<Parameter>
  readonly retries: Retries
  readonly seed: number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly pace: Pace | undefined
  readonly toBody: (request: ChatRequest) => Readonly<Record<string, unknown>>
  readonly extraBody: Readonly<Record<string, unknown>>
  readonly subject: string
  readonly redact: (text: string) => string
  readonly clean: (text: string) => string
}

async function ask(caller: Caller, request: ChatRequest, signal: AbortSignal): Promise<Omit<ChatReply, 'ms'>> {
  const { attemptOptions, pace, redact, refused, retries, wait } = caller
  const backOff = createBackOff(retries, caller.seed)
  const reasons: string[] = []
  const tried = { yes: 0, once: 0 }
  for (;;) {
    signal.throwIfAborted()
    const body = caller.toBody(request)
    const settle = await pace?.enter(estimateTokens(JSON.stringify(body)), signal)
    const attempted = await attempt({ ...body, ...caller.extraBody }, attemptOptions, { request, signal })
    signal.throwIfAborted()
    if (attempted.ok) {
      const { usage } = attempted.draft
      if (usage !== null) await settle?.(usage.inputTokens + usage.outputTokens)
      return { ...finishDraft(attempted.draft, caller.clean), retries: reasons }
    }
    const { failure } = attempted
    if (failure.retryAfterMs !== undefined) await pace?.hold(failure.retryAfterMs)
    const parameter = refusedParameter(failure, attemptOptions.wire.parameters(body))
    if (parameter !== undefined) {
      // Another request may have added it already. This one still contained the parameter; its next try won't.
      refused.add(parameter)
      reasons.push(`the endpoint takes no ${parameter}: asked without it`)
      continue
    }
    if (!mayAskAgain(failure, tried, retries)) throw toError(withCount(failure, tried), caller.subject, redact)
    const waitMs = failure.retryAfterMs ?? backOff(tried.yes + tried.once)
    tried[failure.again === 'once' ? 'once' : 'yes'] += 1
    reasons.push(redact(factOf(failure, redact)))
    await wait(waitMs, signal)
  }
}

interface Tried {
  readonly yes: number
  readonly once: number
}

function mayAskAgain({ again }: Failure, { once, yes }: Tried, { attempts }: Retries): boolean {
  if (again === 'no' || yes + once >= attempts) return false
  return again === 'yes' || once < BAD_REPLY_RETRIES
}

function withCount(failure: Failure, { once, yes }: Tried): Failure {
  const attempts = yes + once + 1
  return attempts === 1 ? failure : { ...failure, fact: `${failure.fact} (${attempts} attempts)` }
}

/** Exponential back-off. Each wait is shortened by up to half at random, so that runs don't retry all at once. */
function createBackOff(retries: Retries, seed: number): (retry: number) => number {
  const rng = createRng(seed)
  return (retry) => Math.min(retries.maxWaitMs, retries.firstWaitMs * 2 ** retry) * (0.5 + rng.next() / 2)
}

/** Waits; an aborted signal ends the wait with its reason. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
}
