import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import type { EncoderFiles } from './known.ts'

/** How an encoder is run. */
export interface EngineOptions {
  /** Threads of a passage; 1 when left out, since more gain little at this length and take them from the search. */
  readonly threads?: number
  /** A package folder in which the engine's packages are looked for if they aren't installed beside fusesearch. */
  readonly engineFolder?: string
}

/** The optional peers that run an encoder, with the versions that the types below describe. */
const PEERS = { 'onnxruntime-node': '1.30.0', '@huggingface/tokenizers': '0.2.0' } as const

/** A loaded model. */
export interface Session {
  /** The vector of a text, as long as the model makes it. */
  encode(text: string): Promise<Float32Array>
  close(): Promise<void>
}

/** The part of `onnxruntime-node` that is used. The packages are optional peers, so their own types may be missing. */
interface OnnxModule {
  readonly InferenceSession: {
    create(path: string, options: Readonly<Record<string, unknown>>): Promise<OnnxSession>
  }
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown
}

interface OnnxSession {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, OnnxTensor>>>
  release(): Promise<void>
}

interface OnnxTensor {
  readonly data: Float32Array
  readonly dims: readonly number[]
}

/** The part of `@huggingface/tokenizers` that is used. */
interface TokenizersModule {
  readonly Tokenizer: new (tokenizer: object, settings: object) => { encode(text: string): { readonly ids: number[] } }
}

/** Tokens of English text have some five characters; a text is cut at this many for each, since tokens take time. */
export const CHARS_OF_TOKEN = 10

/**
 * Loads the packages, the model and its tokenizer. Throws `model-missing`, with the next step, if one of them is missing
 * or doesn't load.
 */
export async function openSession(files: EncoderFiles, options: EngineOptions): Promise<Session> {
  // Their shapes aren't checked; calling a missing part would throw.
  const { InferenceSession, Tensor } = load('onnxruntime-node', options) as OnnxModule
  const { Tokenizer } = load('@huggingface/tokenizers', options) as TokenizersModule
  try {
    const tokenizer = new Tokenizer(JSON.parse(await readFile(files.tokenizer, 'utf8')) as object, {})
    const session = await InferenceSession.create(files.model, {
      intraOpNumThreads: options.threads ?? 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
    })
    return {
      // One text at a time: in a batch, the numbers of an int8 model depend on the other texts.
      async encode(text) {
        const ids = cut(tokenizer.encode(text.slice(0, files.maxTokens * CHARS_OF_TOKEN)).ids, files.maxTokens)
        const inputs: Readonly<Record<string, BigInt64Array>> = {
          input_ids: BigInt64Array.from(ids, BigInt),
          attention_mask: new BigInt64Array(ids.length).fill(1n),
          token_type_ids: new BigInt64Array(ids.length),
        }
        const feeds = session.inputNames.map((name) => [
          name,
          new Tensor('int64', inputOf(inputs, name), [1, ids.length]),
        ])
        const outputs = await session.run(Object.fromEntries(feeds) as Readonly<Record<string, unknown>>)
        return pool(outputOf(outputs, session), files)
      },
      close: () => session.release(),
    }
  } catch (error) {
    const message = `The encoder ${files.model} can't be loaded: ${reasonOf(error)}. Get it again, or name another with --encoder.`
    throw new FuseSearchError(message, { code: 'model-missing', cause: error })
  }
}

/** Looks for both packages without loading them. Throws `model-missing`, with the command that installs them, if one is missing. */
export function findEngine(options: EngineOptions): void {
  for (const name of Object.keys(PEERS)) placeOf(name, options)
}

/** Loads both packages. Throws `model-missing`, with the command that installs them, if one doesn't load. */
export function checkEngine(options: EngineOptions): void {
  for (const name of Object.keys(PEERS)) load(name, options)
}

function load(name: string, options: EngineOptions): unknown {
  const place = placeOf(name, options)
  try {
    return createRequire(place)(name)
  } catch (error) {
    throw notInstalled(`does not load: ${reasonOf(error)}`, { name, options, cause: error })
  }
}

/** The file from which the package resolves: one of fusesearch, else one in the engine's folder. */
function placeOf(name: string, options: EngineOptions): string {
  const { engineFolder } = options
  const places = [import.meta.url, ...(engineFolder === undefined ? [] : [join(engineFolder, 'package.json')])]
  const place = places.find((one) => {
    try {
      createRequire(one).resolve(name)
      return true
    } catch {
      return false
    }
  })
  if (place === undefined) throw notInstalled("isn't installed", { name, options, cause: undefined })
  return place
}

function notInstalled(
  fact: string,
  {
    name,
    options: { engineFolder },
    cause,
  }: { readonly name: string; readonly options: EngineOptions; readonly cause: unknown },
): FuseSearchError {
  const packages = Object.entries(PEERS).map(([peer, version]) => `${peer}@${version}`)
  // In a folder of their own: in a project's, npm would remove optional packages such as ripgrep.
  const folder = engineFolder === undefined ? '' : `--prefix ${JSON.stringify(engineFolder)} `
  const message = `An encoder needs the package ${name}, which ${fact}. Install both of its packages: npm install ${folder}--ignore-scripts ${packages.join(' ')}`
  return new FuseSearchError(message, { code: 'model-missing', cause })
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return (message.split('\n')[0] ?? '').replace(/\.$/, '')
}

/** The first tokens, with the end mark that every text has. */
function cut(ids: readonly number[], most: number): readonly number[] {
  const end = ids.at(-1)
  return ids.length <= most || end === undefined ? ids : [...ids.slice(0, most - 1), end]
}

function inputOf(inputs: Readonly<Record<string, BigInt64Array>>, name: string): BigInt64Array {
  const values = inputs[name]
  if (values === undefined) throw new TypeError(`it wants an input ${name}, which no text encoder has`)
  return values
}

/** What a model calls the vector of a whole text, where it makes one. */
const WHOLE = 'sentence_embedding'

function outputOf(outputs: Readonly<Record<string, OnnxTensor>>, { outputNames }: OnnxSession): OnnxTensor {
  const output = outputs[WHOLE] ?? outputs[outputNames[0] ?? '']
  if (output === undefined) throw new TypeError('it has no output')
  return output
}

/** One vector of the outputs of all tokens, `[1, tokens, width]`, or of the text, `[1, width]`. */
function pool({ data, dims }: OnnxTensor, { pooling }: Pick<EncoderFiles, 'pooling'>): Float32Array {
  const width = dims.at(-1) ?? 0
  if (dims.length < 3 || pooling === 'first') return data.slice(0, width)
  const sum = new Float32Array(width)
  // The sum has the mean's direction.
  for (let index = 0; index < data.length; index += 1)
    sum[index % width] = (sum[index % width] ?? 0) + (data[index] ?? 0)
  return sum
}
