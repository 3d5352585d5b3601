import { access } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { type Clock, FuseSearchError, systemClock } from '../../core/index.ts'
import type { ChatModel, ChatRequest, Usage } from '../chat.ts'
import { createDraft, type Draft, finishDraft } from '../draft.ts'
import { type Failure, toError } from '../failure.ts'
import { isObject, listOf, objectOf, parseJson, textOf } from '../shapes.ts'
import {
  type Llama,
  type LlamaChat,
  type LlamaGrammar,
  type LlamaModel,
  type LlamaModule,
  type LlamaSequence,
  loadEngine,
} from './engine.ts'
import { toHistory } from './history.ts'
import { createQueue } from './queue.ts'
import { callsSchema, MAX_CALLS, withoutNulls } from './schema.ts'

/** Options of {@link createGgufModel}. */
export interface GgufOptions {
  /** The model's file. */
  readonly path: string
  /** Tokens that the chat may hold; what the model and the memory allow without it. */
  readonly contextSize?: number
  /** Threads that compute; one less than there are cores without it, since a busy core slows all of them down. */
  readonly threads?: number
  /** `auto` takes a GPU where there is one. */
  readonly gpu?: 'auto' | false
  /** Where `node-llama-cpp` is, when it isn't installed beside fusesearch: what `import` takes. */
  readonly engine?: string
  readonly clock?: Clock
}

const DEFAULT_MAX_TOKENS = 1_024
/** Tokens that a chat template puts around a message, at most. */
const TEMPLATE_TOKENS = 16

/**
 * A model in this process, run by the optional peer `node-llama-cpp`. Where a request has tools, a grammar made of
 * their schemas lets the model write calls and nothing else. Requests are answered one after the other; the file is
 * loaded with the first. `complete` throws `model-missing` without the peer or the file, `model-refused` for a chat
 * that is longer than the context, and `model-reply-bad` when the engine fails.
 */
export function createGgufModel(options: GgufOptions): ChatModel {
  const { clock = systemClock, path } = options
  const queue = createQueue()
  let opening: Promise<Opened> | undefined
  const open = (): Promise<Opened> => {
    // A failure isn't kept: the file may be there the next time.
    opening ??= openModel(options).catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  return {
    name: basename(path),
    endpoint: 'gguf in this process',
    complete: (request, signal) => {
      const startedMs = clock.nowMs()
      return queue(async () => {
        const reply = await generate(await open(), request, { signal, subject: `The model ${basename(path)}` })
        return { ...reply, retries: [], ms: clock.nowMs() - startedMs }
      }, signal)
    },
    close: async () => {
      const opened = await opening?.catch(() => undefined)
      opening = undefined
      await opened?.llama.dispose()
    },
  }
}

interface Opened {
  readonly llama: Llama
  readonly model: LlamaModel
  readonly contextSize: number
  readonly sequence: LlamaSequence
  readonly chat: LlamaChat
  /** Compiling a grammar costs more than a short reply, and a run has two or three of them. */
  readonly grammars: Map<string, LlamaGrammar>
}

async function openModel(options: GgufOptions): Promise<Opened> {
  const { engine, gpu = 'auto', path } = options
  await access(path).catch((error: unknown) => {
    throw unreadable(`The model ${path} can't be read`, error)
  })
  const module = await loadEngine(engine)
  // `never`: without it, a missing binary would be fetched and compiled.
  const llama = await module.getLlama({ gpu, build: 'never', logLevel: 'error' }).catch((error: unknown) => {
    throw unreadable('The engine of GGUF models does not start on this machine', error)
  })
  try {
    return await loadInto(llama, module, options)
  } catch (error) {
    await llama.dispose()
    throw unreadable(`The model ${path} can't be loaded`, error)
  }
}

async function loadInto(llama: Llama, module: LlamaModule, options: GgufOptions): Promise<Opened> {
  const { contextSize, path, threads } = options
  const model = await llama.loadModel({ modelPath: path })
  const context = await model.createContext({
    threads: threads ?? Math.max(1, availableParallelism() - 1),
    ...(contextSize === undefined ? {} : { contextSize }),
  })
  const sequence = context.getSequence()
  const chat = new module.LlamaChat({ contextSequence: sequence })
  return { llama, model, contextSize: context.contextSize, sequence, chat, grammars: new Map() }
}

function unreadable(fact: string, error: unknown): FuseSearchError {
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/\.$/, '') : String(error)
  const step = 'Name a GGUF file that fits this machine with --model, or an endpoint with --base-url.'
  return new FuseSearchError(`${fact}: ${reason}. ${step}`, { code: 'model-missing', cause: error })
}

interface Asking {
  readonly signal: AbortSignal
  readonly subject: string
}

async function generate(opened: Opened, request: ChatRequest, { signal, subject }: Asking) {
  const { chat, sequence } = opened
  const tools = toolsOf(request)
  const history = toHistory(request.messages, tools)
  const maxTokens = request.maxTokens ?? DEFAULT_MAX_TOKENS
  refuseTooLong(opened, history, { maxTokens, subject })
  const before = { ...meterOf(sequence) }
  const grammar = tools.length > 0 ? await grammarOf(opened, request) : undefined
  try {
    const { fullResponse, metadata, response } = await chat.generateResponse(history, {
      signal,
      maxTokens,
      ...(grammar === undefined ? {} : { grammar }),
      ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
      ...(request.seed === undefined ? {} : { seed: request.seed }),
    })
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

const FAILED: Omit<Failure, 'fact'> = {
  code: 'model-reply-bad',
  step: 'Try a smaller context, another file, or an endpoint with --base-url.',
  again: 'no',
}

/** A tool that must be called is the only one that the grammar has. */
function toolsOf({ toolChoice, tools }: ChatRequest): ChatRequest['tools'] {
  return typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools
}

async function grammarOf({ grammars, llama }: Opened, request: ChatRequest): Promise<LlamaGrammar> {
  const schema = callsSchema(toolsOf(request), request.parallelToolCalls === false ? 1 : MAX_CALLS)
  const key = JSON.stringify(schema)
  const known = grammars.get(key)
  if (known !== undefined) return known
  const made = await llama.createGrammarForJsonSchema(schema)
  grammars.set(key, made)
  return made
}

/** The engine would leave out turns in silence; a caller can do better. */
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
  const value = hasGrammar ? parseJson(response) : undefined
  // A reply that was cut off is no JSON: it's left to the caller as text.
  if (!isObject(value)) return { ...draft, text: response }
  for (const call of listOf(value.calls).map(objectOf)) {
    const argumentsText = JSON.stringify(withoutNulls(call.arguments) ?? {})
    draft.calls.push({ id: '', name: textOf(call.name), argumentsText })
  }
  return draft
}

function meterOf({ tokenMeter }: LlamaSequence): { readonly input: number; readonly output: number } {
  return { input: tokenMeter.usedInputTokens, output: tokenMeter.usedOutputTokens }
}

/** The meter counts what was computed; what the sequence held already is the cached part of the input. */
function usageOf(sequence: LlamaSequence, before: ReturnType<typeof meterOf>): Usage {
  const after = meterOf(sequence)
  const [computed, outputTokens] = [after.input - before.input, after.output - before.output]
  const inputTokens = Math.max(computed, sequence.nextTokenIndex - outputTokens)
  return { inputTokens, outputTokens, cachedTokens: inputTokens - computed }
}
