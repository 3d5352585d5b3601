import { access, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
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
  /** A folder of packages to look into for the engine when it isn't installed beside fusesearch. */
  readonly engineFolder?: string
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
  /** Missing in engines that keep no states. */
  saveStateToFile?(path: string): Promise<unknown>
  loadStateFromFile?(path: string, acceptRisk: { readonly acceptRisk: true }): Promise<void>
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

/** The smallest compiled library of each platform; those for graphics cards take hundreds of megabytes. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
}

/**
 * Loads the engine: the one that is named or installed beside fusesearch, else that of the folder. Throws
 * `model-missing`, with the command that installs it, when it isn't there or doesn't load.
 */
async function loadEngine({ engine = PACKAGE, engineFolder }: EngineOptions): Promise<LlamaModule> {
  const own = engineFolder === undefined ? undefined : await mainFileIn(engineFolder)
  try {
    // Not a literal: the package is optional, and a compiler would look for it.
    const loaded: unknown = await import(own ?? engine)
    // Nothing checks the shape here; a call of a missing part would throw.
    return loaded as LlamaModule
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const message = `GGUF models need ${PACKAGE}, which does not load: ${reason.replace(/\.$/, '')}.`
    throw new FuseSearchError(`${message} Install it: ${installCommand(engineFolder)}`, {
      code: 'model-missing',
      cause: error,
    })
  }
}

/** Into a folder of its own: npm would take away optional packages of the project that it is run in, ripgrep among them. */
function installCommand(folder: string | undefined): string {
  const library = LIBRARIES[`${process.platform}-${process.arch}`]
  if (folder === undefined || library === undefined) return `npm install ${PACKAGE}@${VERSION}`
  const packages = `${PACKAGE}@${VERSION} @${PACKAGE}/${library}@${VERSION}`
  return `npm install --prefix ${JSON.stringify(folder)} --omit=optional ${packages}`
}

/** The address of the engine in a folder of packages; undefined where there is none. */
async function mainFileIn(folder: string): Promise<string | undefined> {
  const place = join(folder, 'node_modules', PACKAGE)
  try {
    const { main } = JSON.parse(await readFile(join(place, 'package.json'), 'utf8')) as { readonly main?: unknown }
    return typeof main === 'string' ? pathToFileURL(join(place, main)).href : undefined
  } catch {
    return undefined
  }
}

/** A loaded model. */
export interface Opened {
  readonly module: LlamaModule
  readonly llama: Llama
  readonly model: LlamaModel
  readonly contextSize: number
  readonly threads: number
  /** The engine's version. */
  readonly version: string
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
  const { gpu = 'auto', path } = options
  await access(path).catch((error: unknown) => {
    throw unreadable(`The model ${path} can't be read`, error)
  })
  const module = await loadEngine(options)
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
      version: VERSION,
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
