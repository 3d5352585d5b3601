import { basename } from 'node:path'
import { type Clock, Semaphore, systemClock, untilAborted } from '../../core/index.ts'
import type { ChatModel, ChatRequest, Usage } from '../chat.ts'
import { type Failure, toError } from '../failure.ts'
import { createDraft, type Draft, finishDraft } from '../messages.ts'
import { objectOf, textOf } from '../shapes.ts'
import { callsOf, toHistory } from './chat.ts'
import {
  clearSlot,
  type EngineOptions,
  type LlamaGrammar,
  type LlamaSequence,
  type Opened,
  openModel,
  slotOf,
} from './engine.ts'
import { callsGrammar } from './grammar.ts'
import { type PrefixOptions, readPrefix } from './prefix.ts'

/** Options of {@link createGgufModel}. */
export interface GgufOptions extends EngineOptions {
  readonly clock?: Clock
  /** A cache folder for the engine's state after the start that all chats share; no cache when left out. */
  readonly stateFolder?: string
}

const DEFAULT_MAX_TOKENS = 1_024
/** Most tokens that a chat template adds to a message. */
const TEMPLATE_TOKENS = 16
/** Time from an abort until the engine is ended by force, which loses its cache. */
const GRACE_MS = 200

/**
 * A model in this process, run by the optional peer `node-llama-cpp`. For a request with tools, a grammar made from
 * their schemas lets the model write only calls. Requests run one after another; the first one loads the file.
 * `complete` throws `model-missing` without the peer or the file, `model-refused` for a chat that is longer than the
 * context, and `model-reply-bad` if the engine fails.
 */
export function createGgufModel(options: GgufOptions): ChatModel {
  const { clock = systemClock, path, stateFolder } = options
  // One chat at a time: a second one would overwrite the engine's state of the first.
  const gate = new Semaphore({ places: 1 })
  let opening: Promise<Opened> | undefined
  const open = (): Promise<Opened> => {
    // Don't cache a failure: the file may exist the next time.
    opening ??= openModel(options).catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  return {
    name: basename(path),
    endpoint: 'gguf in this process',
    contextLength: async () => (await open()).contextSize,
    complete: (request, signal) => {
      const startedMs = clock.nowMs()
      const chat = gate.run(async () => {
        const reply = await generate(await open(), request, {
          signal,
          subject: `The model ${basename(path)}`,
          ...(stateFolder === undefined ? {} : { prefix: { path, folder: stateFolder, signal } }),
        })
        return { ...reply, retries: [], ms: clock.nowMs() - startedMs }
      }, signal)
      // If the engine is slow to stop, the next chat waits, but the caller of this one doesn't.
      return untilAborted(chat, signal)
    },
    close: async () => {
      const opened = await opening?.catch(() => undefined)
      opening = undefined
      await opened?.llama.dispose()
    },
  }
}

interface Asking {
  readonly signal: AbortSignal
  readonly subject: string
  readonly prefix?: PrefixOptions
}

async function generate(opened: Opened, request: ChatRequest, { prefix, signal, subject }: Asking) {
  // Describe all tools, even those that may not be called: the engine would compute a changed start again.
  const history = toHistory(request.messages, request.tools)
  const maxTokens = request.maxTokens ?? DEFAULT_MAX_TOKENS
  refuseTooLong(opened, history, { maxTokens, subject })
  try {
    const grammar = request.tools.length > 0 ? await grammarOf(opened, request) : undefined
    const slot = await slotOf(opened)
    const { chat, sequence } = slot
    const before = { ...meterOf(sequence) }
    const stop = (): Promise<void> => clearSlot(opened)
    if (prefix !== undefined) await cutOff(readPrefix({ opened, slot }, history, prefix), signal, stop)
    const generation = chat.generateResponse(history, {
      signal,
      maxTokens,
      ...(grammar === undefined ? {} : { grammar }),
      ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
      ...(request.seed === undefined ? {} : { seed: request.seed }),
    })
    const { fullResponse, metadata, response } = await cutOff(generation, signal, stop)
    const draft = toDraft(response, grammar !== undefined)
    draft.reasoning = fullResponse.map((part) => textOf(objectOf(part).text)).join('')
    draft.finish = metadata.stopReason === 'maxTokens' ? 'length' : draft.calls.length > 0 ? 'tool-calls' : 'stop'
    draft.usage = usageOf(sequence, before)
    return finishDraft(draft, (text) => text)
  } catch (error) {
    signal.throwIfAborted()
    const fact = `failed in its engine: ${error instanceof Error ? error.message : String(error)}`
    throw toError({ ...FAILED, fact }, subject, (text) => text)
  }
}

/**
 * The engine checks the signal between two tokens that it writes, but not while it reads a chat. If it hasn't ended
 * soon after an abort, it is ended by force.
 */
async function cutOff<T>(generation: Promise<T>, signal: AbortSignal, stop: () => Promise<void>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const onAbort = (): void => {
    timer = setTimeout(() => void stop().catch(() => undefined), GRACE_MS)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await generation
  } finally {
    signal.removeEventListener('abort', onAbort)
    clearTimeout(timer)
  }
}

const FAILED: Omit<Failure, 'fact'> = {
  code: 'model-reply-bad',
  step: 'Try a smaller context, another file, or an endpoint with --base-url.',
  again: 'no',
}

/** Caches grammars: compiling one takes longer than a short reply, and a run uses few different ones. */
async function grammarOf({ grammars, llama }: Opened, request: ChatRequest): Promise<LlamaGrammar> {
  const text = callsGrammar(request)
  const known = grammars.get(text) ?? (await llama.createGrammar({ grammar: text }))
  grammars.set(text, known)
  return known
}

/** Refuses a chat that is too long: the engine would silently drop turns. */
function refuseTooLong(
  { contextSize, model }: Opened,
  history: ReturnType<typeof toHistory>,
  { maxTokens, subject }: { readonly maxTokens: number; readonly subject: string },
): void {
  const tokens = history.reduce((sum, message) => {
    const text = message.type === 'model' ? message.response.join('') : message.text
    return sum + model.tokenize(text).length + TEMPLATE_TOKENS
  }, 0)
  if (tokens + maxTokens <= contextSize) return
  const fact = `has room for ${contextSize} tokens, but the chat has up to ${tokens} and its reply ${maxTokens}`
  const step = 'Ask for less: fewer turns, a smaller budget or reply, or a model with a longer context.'
  throw toError({ code: 'model-refused', fact, step, again: 'no', kind: 'context' }, subject, (text) => text)
}

function toDraft(response: string, hasGrammar: boolean): Draft {
  const draft = createDraft()
  const calls = hasGrammar ? callsOf(response) : undefined
  // A reply that was cut off before its first call was complete is returned as text.
  if (calls === undefined) return { ...draft, text: response }
  for (const call of calls)
    draft.calls.push({ id: '', name: textOf(call.name), argumentsText: JSON.stringify(objectOf(call.arguments)) })
  return draft
}

function meterOf({ tokenMeter }: LlamaSequence): { readonly input: number; readonly output: number } {
  return { input: tokenMeter.usedInputTokens, output: tokenMeter.usedOutputTokens }
}

/** The meter counts computed tokens; the rest of the input was cached in the sequence. */
function usageOf(sequence: LlamaSequence, before: ReturnType<typeof meterOf>): Usage {
  const after = meterOf(sequence)
  const [computed, outputTokens] = [after.input - before.input, after.output - before.output]
  const inputTokens = Math.max(computed, sequence.nextTokenIndex - outputTokens)
  return { inputTokens, outputTokens, cachedTokens: inputTokens - computed }
}
