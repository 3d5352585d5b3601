import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Words that the model knows, each with a direction of its own; it knows the letters of no other word. */
const WORDS = ['basket', 'violin', 'rain', 'checkout', 'mail', 'total']
const MARKS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]']

/**
 * Writes `tiny.onnx` and `tiny-tokenizer.json`: a model that looks each token up in a table, so that the mean of a text's
 * vectors can be computed by hand. Marks and unknown words have the vector 0.
 */
export function writeTinyModel(folder: string): string {
  const width = WORDS.length
  const table = new Float32Array((MARKS.length + width) * width)
  for (const index of WORDS.keys()) table[(MARKS.length + index) * width + index] = 1
  const model = join(folder, 'tiny.onnx')
  writeFileSync(model, encodeModel(table, width))
  writeFileSync(join(folder, 'tiny-tokenizer.json'), JSON.stringify(tokenizer()))
  return model
}

/** https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, by the numbers of its fields. */
function encodeModel(table: Float32Array, width: number): Buffer {
  const graph = [
    bytes(1, [text(1, 'table'), text(1, 'input_ids'), text(2, 'last_hidden_state'), text(4, 'Gather')]),
    text(2, 'tiny'),
    bytes(5, [
      number(1, table.length / width),
      number(1, width),
      number(2, FLOAT),
      text(8, 'table'),
      bytes(9, [Buffer.from(table.buffer)]),
    ]),
    bytes(11, valueInfo('input_ids', INT64, [1, 'tokens'])),
    bytes(11, valueInfo('attention_mask', INT64, [1, 'tokens'])),
    bytes(12, valueInfo('last_hidden_state', FLOAT, [1, 'tokens', width])),
  ]
  return Buffer.concat([number(1, IR_VERSION), bytes(7, graph), bytes(8, [text(1, ''), number(2, OPERATORS)])])
}

const FLOAT = 1
const INT64 = 7
const IR_VERSION = 8
const OPERATORS = 13

function valueInfo(name: string, type: number, shape: readonly (number | string)[]): Buffer[] {
  const dims = shape.map((dim) => bytes(1, [typeof dim === 'number' ? number(1, dim) : text(2, dim)]))
  return [text(1, name), bytes(2, [bytes(1, [number(1, type), bytes(2, dims)])])]
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)])
}

function text(field: number, value: string): Buffer {
  return bytes(field, [Buffer.from(value)])
}

function bytes(field: number, parts: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(parts)
  return Buffer.concat([varint((field << 3) | 2), varint(whole.length), whole])
}

function varint(value: number): Buffer {
  const groups: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) groups.push((rest % 128) | 128)
  return Buffer.from([...groups, rest])
}

function tokenizer(): object {
  const vocab = Object.fromEntries([...MARKS, ...WORDS].map((token, id) => [token, id]))
  const marks = MARKS.map((content, id) => ({ id, content, special: true, normalized: false }))
  const around = ['[CLS]', '[SEP]'].map((id) => ({ SpecialToken: { id, type_id: 0 } }))
  const [begin, end] = around
  return {
    version: '1.0',
    added_tokens: marks,
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [begin, { Sequence: { id: 'A', type_id: 0 } }, end],
      pair: [begin, { Sequence: { id: 'A', type_id: 0 } }, end, { Sequence: { id: 'B', type_id: 1 } }, end],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  }
}
