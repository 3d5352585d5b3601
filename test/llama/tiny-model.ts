import { createRng } from '../../packages/fusesearch/src/core/index.ts'
import { encodeGguf, type GgufTensor, type GgufValue } from './gguf-file.ts'

/** Options of {@link tinyModel}. */
export interface TinyModelOptions {
  readonly seed: number
  /** Words that are one token each and likely to be written: those of the repository that is searched. */
  readonly words: readonly string[]
  /** Tokens that a chat may hold; 32,768 when left out. */
  readonly contextLength?: number
}

const WIDTH = 64
const HEADS = 4
const LAYERS = 2
const HIDDEN = 128
/** Spread of the weights of a layer, and of those behind the last. */
const LAYER_SPREAD = 0.08
const OUTPUT_SPREAD = 0.2
/** The first numbers of a hidden state, which no layer writes to: always, behind a word, behind a quotation mark. */
const FEATURES = 3
/** How much of a feature is there, and what is left of it behind the last norm, about. */
const FEATURE = 8
const NORMED_FEATURE = 4.5
/** A word stands in quotation marks, and something stands between two of them. */
const WORD_ENDS = 5
const TEXT_BEGINS = 5

/** The format's numbers of kinds of tokens. */
const KINDS = { normal: 1, unknown: 2, control: 3, user: 4, byte: 6 }

/** Pieces of the JSON that is read and written. */
const PIECES =
  '{"calls":[ "name":" "arguments":{ "pattern":" "path":" "files":[ "functions":[ "startLine": "endLine": "confidence": null "type":"string" "type":" "description":" "properties":{ "parameters":{'
/** Pairs of letters that are one token each, so that texts take half as many. */
const PAIRS =
  'th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi ri ro ic ne ea ra ce li ch ll be ma si om ur pe un pr ct'

/** How likely signs are: lists hold something and soon end, and texts are words more often than signs. */
const SIGNS: Readonly<Record<string, number>> = { '"': 2, '{': -1, '}': -2, ']': -1.5, ',': 0 }
/** Names of tools that are called more often than that of the answer, which is written letter by letter. */
const TOOLS = ['grep', 'read_file']

interface Token {
  readonly text: string
  readonly kind: number
  readonly isWord?: boolean
  /** How likely it is written where all may be. */
  readonly bias: number
}

const TEMPLATE =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

/**
 * The bytes of a language model that knows nothing: the architecture of Llama in two layers with random weights, and
 * a vocabulary of all bytes, the characters of ASCII and some words. The same seed gives the same bytes.
 */
export function tinyModel({ contextLength = 32_768, seed, words }: TinyModelOptions): Buffer {
  const tokens = vocabulary(words)
  return encodeGguf({ metadata: metadataOf(tokens, contextLength), tensors: weightsOf(tokens, seed) })
}

function vocabulary(words: readonly string[]): readonly Token[] {
  const control = ['<s>', '</s>', '<|im_start|>', '<|im_end|>'].map((text) => ({ text, kind: KINDS.control, bias: 0 }))
  const bytes = Array.from({ length: 256 }, (_, byte) => ({
    text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
    kind: KINDS.byte,
    bias: -6,
  }))
  const characters = Array.from({ length: 95 }, (_, index) => character(String.fromCharCode(32 + index)))
  return [
    { text: '<unk>', kind: KINDS.unknown, bias: -9 },
    ...control,
    ...bytes,
    ...characters,
    ...TOOLS.map((text) => ({ text, kind: KINDS.user, bias: 1 })),
    ...PIECES.split(' ').map((text) => ({ text, kind: KINDS.user, bias: text === 'null' ? 0 : 4 })),
    ...PAIRS.split(' ').map((text) => ({ text, kind: KINDS.user, bias: -3 })),
    ...[...new Set(words)].map((text) => ({ text, kind: KINDS.user, bias: 2, isWord: true })),
  ]
}

function character(text: string): Token {
  // The vocabulary's own sign for a blank.
  if (text === ' ') return { text: '\u2581', kind: KINDS.normal, bias: -4 }
  const bias = SIGNS[text] ?? (/[0-9]/.test(text) ? -3 : -4)
  return { text, kind: KINDS.normal, bias }
}

function metadataOf(tokens: readonly Token[], contextLength: number): Readonly<Record<string, GgufValue>> {
  const idOf = (name: string): GgufValue => u32(tokens.findIndex((token) => token.text === name))
  return {
    'general.architecture': named('llama'),
    'general.name': named('fusesearch tiny random'),
    'general.file_type': u32(0),
    'llama.context_length': u32(contextLength),
    'llama.embedding_length': u32(WIDTH),
    'llama.block_count': u32(LAYERS),
    'llama.feed_forward_length': u32(HIDDEN),
    'llama.attention.head_count': u32(HEADS),
    'llama.attention.head_count_kv': u32(HEADS),
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
    'llama.rope.dimension_count': u32(WIDTH / HEADS),
    'llama.vocab_size': u32(tokens.length),
    'tokenizer.ggml.model': named('llama'),
    'tokenizer.ggml.tokens': { type: 'texts', value: tokens.map((token) => token.text) },
    'tokenizer.ggml.scores': { type: 'f32s', value: tokens.map((_, index) => -index) },
    'tokenizer.ggml.token_type': { type: 'i32s', value: tokens.map(({ kind }) => kind) },
    'tokenizer.ggml.unknown_token_id': idOf('<unk>'),
    'tokenizer.ggml.bos_token_id': idOf('<s>'),
    'tokenizer.ggml.eos_token_id': idOf('<|im_end|>'),
    'tokenizer.ggml.add_bos_token': flag(true),
    'tokenizer.ggml.add_space_prefix': flag(false),
    'tokenizer.chat_template': named(TEMPLATE),
  }
}

function u32(value: number): GgufValue {
  return { type: 'u32', value }
}

function named(value: string): GgufValue {
  return { type: 'text', value }
}

function flag(value: boolean): GgufValue {
  return { type: 'bool', value }
}

function weightsOf(tokens: readonly Token[], seed: number): readonly GgufTensor[] {
  const rng = createRng(seed)
  const matrix = (name: string, { columns, rows, spread }: Sides): GgufTensor => {
    // Uniform numbers of that standard deviation.
    const data = Float32Array.from({ length: columns * rows }, () => (rng.next() * 2 - 1) * Math.sqrt(3) * spread)
    return { name, shape: [columns, rows], data }
  }
  const square = { columns: WIDTH, rows: WIDTH, spread: LAYER_SPREAD }
  const layer = (at: string): readonly GgufTensor[] => [
    ones(`${at}.attn_norm.weight`),
    ...['q', 'k', 'v'].map((part) => matrix(`${at}.attn_${part}.weight`, square)),
    silent(matrix(`${at}.attn_output.weight`, square)),
    ones(`${at}.ffn_norm.weight`),
    matrix(`${at}.ffn_gate.weight`, { ...square, rows: HIDDEN }),
    matrix(`${at}.ffn_up.weight`, { ...square, rows: HIDDEN }),
    silent(matrix(`${at}.ffn_down.weight`, { ...square, columns: HIDDEN })),
  ]
  const sides = { columns: WIDTH, rows: tokens.length }
  const embedding = matrix('token_embd.weight', { ...sides, spread: 1 })
  const output = matrix('output.weight', { ...sides, spread: OUTPUT_SPREAD })
  for (const [row, token] of tokens.entries()) {
    embedding.data.set(featuresOf(token), row * WIDTH)
    output.data.set(leaningsOf(token), row * WIDTH)
  }
  const layers = Array.from({ length: LAYERS }, (_, index) => layer(`blk.${index}`))
  return [embedding, ...layers.flat(), ones('output_norm.weight'), output]
}

function featuresOf({ isWord = false, text }: Token): readonly number[] {
  return [FEATURE, isWord ? FEATURE : 0, text.endsWith('"') ? FEATURE : 0]
}

/** What speaks for a token, feature by feature. */
function leaningsOf({ bias, text }: Token): readonly number[] {
  const isQuote = text === '"'
  return [bias, isQuote ? WORD_ENDS : 0, isQuote ? -TEXT_BEGINS : 0].map((logit) => logit / NORMED_FEATURE)
}

interface Sides {
  readonly columns: number
  readonly rows: number
  readonly spread: number
}

function ones(name: string): GgufTensor {
  return { name, shape: [WIDTH], data: new Float32Array(WIDTH).fill(1) }
}

/** Writes nothing to the features of the hidden state. */
function silent(tensor: GgufTensor): GgufTensor {
  tensor.data.fill(0, 0, FEATURES * (tensor.shape[0] ?? 0))
  return tensor
}
