import { access, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FuseSearchError, Lru } from '../../core/index.ts'

/** How a model's file is run. */
export interface EngineOptions {
  /** The model's file. */
  readonly path: string
  /** Most tokens of the chat; as many as the model and the memory allow when left out. */
  readonly contextSize?: number
  /** Threads; one less than the number of cores when left out, since a busy core slows all threads down. */
  readonly threads?: number
  /** `auto` uses a GPU where there is one. */
  readonly gpu?: 'auto' | false
  /** The specifier with which `import` finds `node-llama-cpp`, if it isn't installed beside fusesearch. */
  readonly engine?: string
  /** A package folder in which to look for the engine if it isn't installed beside fusesearch. */
  readonly engineFolder?: string
}

/** The part of `node-llama-cpp` that is used. The package is an optional peer, so its own types may be missing. */
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
  /** Number of tokens in the sequence. */
  readonly nextTokenIndex: number
  /** Missing in engines that can't save states. */
  saveStateToFile?(path: string): Promise<unknown>
  loadStateFromFile?(path: string, acceptRisk: { readonly acceptRisk: true }): Promise<void>
  readonly tokenMeter: { readonly usedInputTokens: number; readonly usedOutputTokens: number }
}

/** Opaque: only the engine makes and uses it. */
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

/** Most cached grammars: enough for the search and the answer of a few concurrent runs. */
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
 * Loads the engine: the named one or the one beside fusesearch, else the one in the folder. Throws `model-missing`,
 * with the command that installs it, if it is missing or doesn't load.
 */
async function loadEngine({ engine = PACKAGE, engineFolder }: EngineOptions): Promise<LlamaModule> {
  const own = engineFolder === undefined ? undefined : await mainFileIn(engineFolder)
  try {
    // Not a literal, because a compiler would look for the optional package.
    const loaded: unknown = await import(own ?? engine)
    // The shape isn't checked; calling a missing part would throw.
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

/** Installs into a separate folder: in the project's own, npm would remove optional packages such as ripgrep. */
function installCommand(folder: string | undefined): string {
  const library = LIBRARIES[`${process.platform}-${process.arch}`]
  if (folder === undefined || library === undefined) return `npm install ${PACKAGE}@${VERSION}`
  const packages = `${PACKAGE}@${VERSION} @${PACKAGE}/${library}@${VERSION}`
  return `npm install --prefix ${JSON.stringify(folder)} --omit=optional ${packages}`
}

/** The URL of the engine in a package folder; undefined if it isn't there. */
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
  /** Undefined after a chat was ended by force. */
  slot: Slot | undefined
  /** The last few grammars by their text. */
  readonly grammars: Lru<string, LlamaGrammar>
}

/** Runs one chat after another. Tokens of the last chat serve as the cache for the next. */
export interface Slot {
  readonly context: LlamaContext
  readonly sequence: LlamaSequence
  readonly chat: LlamaChat
}

/** Loads the engine and the model's file. Throws `model-missing` if one of them is missing or doesn't load. */
export async function openModel(options: EngineOptions): Promise<Opened> {
  const { gpu = 'auto', path } = options
  await access(path).catch((error: unknown) => {
    throw unreadable(`The model ${path} can't be read`, error)
  })
  const module = await loadEngine(options)
  // Without `never`, the engine would download and compile a missing binary.
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

/** Stops the slot's work and frees its memory. */
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
