import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { FuseSearchError } from '../core/index.ts'

/** How a model's outputs become one vector: the mean over its tokens, or the output of its first. */
export type Pooling = 'mean' | 'first'

/** How a model is used. */
export interface Reading {
  readonly pooling: Pooling
  /** Tokens of a passage at most. */
  readonly maxTokens: number
}

/** A file that is downloaded, and what proves it to be the right one. */
export interface KnownFile {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** An encoder that was measured here. */
export interface KnownEncoder extends Reading {
  readonly name: string
  /** Its authors' name for it. */
  readonly title: string
  /** The licence that its makers give the weights, as an SPDX identifier. */
  readonly licence: string
  readonly model: KnownFile
  readonly tokenizer: KnownFile
}

export const KNOWN_ENCODERS: readonly KnownEncoder[] = [
  {
    name: 'minilm',
    title: 'all-MiniLM-L6-v2, int8',
    licence: 'Apache-2.0',
    pooling: 'mean',
    maxTokens: 96,
    model: {
      name: 'minilm.onnx',
      bytes: 22_972_370,
      sha256: 'afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1',
    },
    tokenizer: {
      name: 'minilm-tokenizer.json',
      bytes: 711_661,
      sha256: 'da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0',
    },
  },
  {
    name: 'bge-small',
    title: 'bge-small-en-v1.5, int8',
    licence: 'MIT',
    pooling: 'first',
    maxTokens: 96,
    model: {
      name: 'bge-small.onnx',
      bytes: 34_014_426,
      sha256: '6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4',
    },
    tokenizer: {
      name: 'bge-small-tokenizer.json',
      bytes: 711_396,
      sha256: 'd241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66',
    },
  },
]

/** The known encoder of a name; undefined for another. */
export function knownEncoder(name: string): KnownEncoder | undefined {
  return KNOWN_ENCODERS.find((known) => known.name === name)
}

/** Where an encoder lies, and how it is used. */
export interface EncoderFiles extends Reading {
  /** Its name, or that of its file. */
  readonly name: string
  readonly model: string
  readonly tokenizer: string
  /** The known encoder whose weights these are, by name and size. */
  readonly known?: string
}

/** The folder of the weights in a cache folder. */
export function weightsFolder(cacheDir: string): string {
  return join(cacheDir, 'encoder', 'weights')
}

/** How a user's own model is used. */
export const OWN_READING: Reading = { pooling: 'mean', maxTokens: 96 }

/**
 * The files of `--encoder`: the name of a known encoder, whose weights lie in the cache folder, or a path to an ONNX file
 * with its tokenizer beside it, `NAME-tokenizer.json` or `tokenizer.json`. Throws `model-missing` if one of them isn't there.
 */
export function encoderFiles(
  nameOrFile: string,
  { cacheDir, cwd }: { readonly cacheDir: string; readonly cwd: string },
): EncoderFiles {
  const known = knownEncoder(nameOrFile)
  return known === undefined ? ownFiles(resolve(cwd, nameOrFile), nameOrFile) : knownFiles(known, cacheDir)
}

function knownFiles({ name, pooling, maxTokens, ...files }: KnownEncoder, cacheDir: string): EncoderFiles {
  const folder = weightsFolder(cacheDir)
  const [model, tokenizer] = [join(folder, files.model.name), join(folder, files.tokenizer.name)]
  if (existsSync(model) && existsSync(tokenizer)) return { name, model, tokenizer, pooling, maxTokens, known: name }
  throw missing(`The weights of the encoder ${name} aren't in ${folder}. Get them with: fusesearch encoder get ${name}`)
}

function ownFiles(model: string, given: string): EncoderFiles {
  if (!existsSync(model)) {
    const names = KNOWN_ENCODERS.map(({ name }) => name).join(' or ')
    throw missing(`There is no encoder ${given}. Name ${names}, or an ONNX file with its tokenizer.json beside it.`)
  }
  const name = basename(model).replace(/\.onnx$/, '')
  const places = [`${name}-tokenizer.json`, 'tokenizer.json'].map((one) => join(dirname(model), one))
  const tokenizer = places.find((one) => existsSync(one))
  if (tokenizer === undefined) {
    throw missing(`The encoder ${given} has no tokenizer beside it. Put its tokenizer.json into the same folder.`)
  }
  const known = KNOWN_ENCODERS.find((one) => one.model.bytes === statSync(model).size)
  const { pooling, maxTokens } = known ?? OWN_READING
  return { name, model, tokenizer, pooling, maxTokens, ...(known === undefined ? {} : { known: known.name }) }
}

function missing(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'model-missing' })
}
