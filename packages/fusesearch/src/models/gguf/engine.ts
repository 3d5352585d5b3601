import { access } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { FuseSearchError, Lru } from '../../core/index.ts'

/** How a model's file is run. */
export interface EngineOptions {
  /** The model's file. */
  readonly path: string
  /** Tokens that the chat may hold; as many as the model and the memory allow when left out. */
  readonly contextSize?: number
  /** Threads; one less than there are cores when left out, since a busy core slows all threads down. */
  readonly threads?: number
  /** `auto` uses a GPU where there is one. */
  readonly gpu?: 'auto' | false
  /** What `import` takes to find `node-llama-cpp`, where it isn't installed beside fusesearch. */
  readonly engine?: string
}

/** The part of `node-llama-cpp` that is used: it is an optional peer, and without it its types are missing. */
export interface LlamaModule {
  getLlama(options: {
    readonly gpu: 'auto' | false
    readonly build: 'never'
    readonly logLevel: 'error'
  }): Promise<Llama>
  readonly LlamaChat: new (options: { readonly contextSequence: LlamaSequence }) => LlamaChat
}

export interface Llama {
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>
  createGrammar(options: { readonly grammar: string }): Promise<LlamaGrammar>
  dispose(): Promise<void>
}

export interface LlamaModel {
  createContext(options: { readonly contextSize?: number; readonly threads: number }): Promise<LlamaContext>
  tokenize(text: string): readonly unknown[]
}

export interface LlamaContext {
  readonly contextSize: number
  getSequence(): LlamaSequence
  dispose(): Promise<void>
}

export interface LlamaSequence {
  /** Tokens that the sequence holds. */
  readonly nextTokenIndex: number
  readonly tokenMeter: { readonly usedInputTokens: number; readonly usedOutputTokens: number }
}

/** Opaque: the engine makes it and takes it back. */
export interface LlamaGrammar {
  readonly grammar?: string
}

export type LlamaMessage =
  | { readonly type: 'system' | 'user'; readonly text: string }
  | { readonly type: 'model'; readonly response: readonly string[] }

export interface LlamaChat {
  generateResponse(
    history: readonly LlamaMessage[],
    options: {
      readonly signal: AbortSignal
      readonly grammar?: LlamaGrammar
      readonly maxTokens: number
      readonly temperature?: number
      readonly seed?: number
    },
  ): Promise<LlamaResponse>
}

export interface LlamaResponse {
  readonly response: string
  readonly fullResponse: readonly unknown[]
  readonly metadata: { readonly stopReason: string }
}

/** Grammars that are kept: of the search, of the answer, and those of a few runs at once. */
const MAX_GRAMMARS = 8

const PACKAGE = 'node-llama-cpp'
/** The version that these types describe. */
const VERSION = '3.22.1'

/**
 * Loads the engine. Throws `model-missing`, with the command that installs it, when it isn't there or doesn't load.
 */
async function loadEngine(specifier: string): Promise<LlamaModule> {
  try {
    // Not a literal: the package is optional, and a compiler would look for it.
    const loaded: unknown = await import(specifier)
    // Nothing checks the shape here; a call of a missing part would throw.
    return loaded as LlamaModule
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const message = `GGUF models need ${PACKAGE}, which does not load: ${reason.replace(/\.$/, '')}.`
    throw new FuseSearchError(`${message} Install it beside fusesearch: npm install ${PACKAGE}@${VERSION}`, {
      code: 'model-missing',
      cause: error,
    })
  }
}

/** A loaded model. */
export interface Opened {
  readonly module: LlamaModule
  readonly llama: Llama
  readonly model: LlamaModel
  readonly contextSize: number
  readonly threads: number
  /** Undefined after a chat was stopped by force. */
  slot: Slot | undefined
  /** The last few, by their text. */
  readonly grammars: Lru<string, LlamaGrammar>
}

/** Computes one chat after another; what it holds of the last chat is the cache of the next. */
export interface Slot {
  readonly context: LlamaContext
  readonly sequence: LlamaSequence
  readonly chat: LlamaChat
}

/** Loads engine and file. Throws `model-missing` when one of them is missing or doesn't load. */
export async function openModel(options: EngineOptions): Promise<Opened> {
  const { engine, gpu = 'auto', path } = options
  await access(path).catch((error: unknown) => {
    throw unreadable(`The model ${path} can't be read`, error)
  })
  const module = await loadEngine(engine ?? PACKAGE)
  // Without `never`, a missing binary would be fetched and compiled.
  const llama = await module.getLlama({ gpu, build: 'never', logLevel: 'error' }).catch((error: unknown) => {
    throw unreadable('The engine of GGUF models does not start on this machine', error)
  })
  try {
    const model = await llama.loadModel({ modelPath: path })
    const threads = options.threads ?? Math.max(1, availableParallelism() - 1)
    const size = options.contextSize === undefined ? {} : { contextSize: options.contextSize }
    const slot = openSlot(module, await model.createContext({ threads, ...size }))
    return {
      module,
      llama,
      model,
      contextSize: slot.context.contextSize,
      threads,
      slot,
      grammars: new Lru({ maxEntries: MAX_GRAMMARS }),
    }
  } catch (error) {
    await llama.dispose()
    throw unreadable(`The model ${path} can't be loaded`, error)
  }
}

/** The slot of the last chat, or a new one of the same size. */
export async function slotOf(opened: Opened): Promise<Slot> {
  const { contextSize, model, module, threads } = opened
  opened.slot ??= openSlot(module, await model.createContext({ threads, contextSize }))
  return opened.slot
}

/** Stops what the slot computes and frees its memory. */
export async function clearSlot(opened: Opened): Promise<void> {
  const { slot } = opened
  opened.slot = undefined
  await slot?.context.dispose()
}

function openSlot(module: LlamaModule, context: LlamaContext): Slot {
  const sequence = context.getSequence()
  return { context, sequence, chat: new module.LlamaChat({ contextSequence: sequence }) }
}

function unreadable(fact: string, error: unknown): FuseSearchError {
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/\.$/, '') : String(error)
  const step = 'Name a GGUF file that fits this machine with --model, or an endpoint with --base-url.'
  return new FuseSearchError(`${fact}: ${reason}. ${step}`, { code: 'model-missing', cause: error })
}
