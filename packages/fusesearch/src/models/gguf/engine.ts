import { FuseSearchError } from '../../core/index.ts'

/** What is used of `node-llama-cpp`, an optional peer of which no types are at hand without it. */
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
  createGrammarForJsonSchema(schema: unknown): Promise<LlamaGrammar>
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

/** Opaque: made from a schema and handed back. */
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

const PACKAGE = 'node-llama-cpp'
/** The version that the code above was written against. */
const VERSION = '3.22.1'

/**
 * Loads the engine. `specifier` names it elsewhere than beside fusesearch. Throws `model-missing` with the command
 * that installs it when it isn't there or doesn't load.
 */
export async function loadEngine(specifier: string = PACKAGE): Promise<LlamaModule> {
  try {
    // A name that is no literal: the package is there for those who installed it only.
    const loaded: unknown = await import(specifier)
    // The shape is the package's promise; what of it is missing shows at the first call.
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
