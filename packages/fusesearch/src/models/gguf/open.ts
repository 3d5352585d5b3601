import { access } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { FuseSearchError } from '../../core/index.ts'
import {
  type Llama,
  type LlamaChat,
  type LlamaContext,
  type LlamaGrammar,
  type LlamaModel,
  type LlamaModule,
  type LlamaSequence,
  loadEngine,
} from './engine.ts'
import type { GgufOptions } from './model.ts'

/** A model in memory. */
export interface Opened {
  readonly module: LlamaModule
  readonly llama: Llama
  readonly model: LlamaModel
  readonly contextSize: number
  readonly threads: number
  /** Undefined after a chat was cut off. */
  seat: Seat | undefined
  /** Compiling a grammar costs more than a short reply, and a run has two or three of them. */
  readonly grammars: Map<string, LlamaGrammar>
}

/** Where one chat after the other is computed; what the last one left is the next one's cache. */
export interface Seat {
  readonly context: LlamaContext
  readonly sequence: LlamaSequence
  readonly chat: LlamaChat
}

/** Loads engine and file. Throws `model-missing` without the one or the other. */
export async function openModel(options: GgufOptions): Promise<Opened> {
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
    const model = await llama.loadModel({ modelPath: path })
    const threads = options.threads ?? Math.max(1, availableParallelism() - 1)
    const size = options.contextSize === undefined ? {} : { contextSize: options.contextSize }
    const seat = sit(module, await model.createContext({ threads, ...size }))
    return { module, llama, model, contextSize: seat.context.contextSize, threads, seat, grammars: new Map() }
  } catch (error) {
    await llama.dispose()
    throw unreadable(`The model ${path} can't be loaded`, error)
  }
}

/** The seat of the last chat, or a new one of the same size. Throws what the engine throws. */
export async function seatOf(opened: Opened): Promise<Seat> {
  const { contextSize, model, module, threads } = opened
  opened.seat ??= sit(module, await model.createContext({ threads, contextSize }))
  return opened.seat
}

/** Ends what is computed on a seat, and gives its memory back. */
export async function clearSeat(opened: Opened): Promise<void> {
  const { seat } = opened
  opened.seat = undefined
  await seat?.context.dispose()
}

function sit(module: LlamaModule, context: LlamaContext): Seat {
  const sequence = context.getSequence()
  return { context, sequence, chat: new module.LlamaChat({ contextSequence: sequence }) }
}

function unreadable(fact: string, error: unknown): FuseSearchError {
  const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/\.$/, '') : String(error)
  const step = 'Name a GGUF file that fits this machine with --model, or an endpoint with --base-url.'
  return new FuseSearchError(`${fact}: ${reason}. ${step}`, { code: 'model-missing', cause: error })
}
