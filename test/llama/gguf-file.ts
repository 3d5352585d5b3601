/** Writes GGUF files of version 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */

/** A value of the file's metadata, by the type that it is written in. */
export type GgufValue =
  | { readonly type: 'u32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'texts'; readonly value: readonly string[] }
  | { readonly type: 'f32s' | 'i32s'; readonly value: readonly number[] }

/** Weights in 32-bit floats; the shape names the dimension that lies closest together first. */
export interface GgufTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export interface GgufContent {
  readonly metadata: Readonly<Record<string, GgufValue>>
  readonly tensors: readonly GgufTensor[]
}

const VERSION = 3
const ALIGNMENT = 32
const TENSOR_F32 = 0
/** The format's numbers of its types. */
const TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, text: 8, list: 9 }

/** The bytes of a file. Throws RangeError for a tensor whose shape and data disagree. */
export function encodeGguf({ metadata, tensors }: GgufContent): Buffer {
  const entries = Object.entries(metadata)
  const head = [
    Buffer.from('GGUF'),
    u32(VERSION),
    u64(tensors.length),
    u64(entries.length),
    ...entries.flatMap(([key, value]) => [text(key), encodeValue(value)]),
  ]
  const data: Buffer[] = []
  let offset = 0
  for (const tensor of tensors) {
    head.push(describe(tensor, offset))
    const bytes = padded(floats(tensor.data))
    data.push(bytes)
    offset += bytes.length
  }
  return Buffer.concat([padded(Buffer.concat(head)), ...data])
}

function describe({ name, shape, data }: GgufTensor, offset: number): Buffer {
  const size = shape.reduce((product, side) => product * side, 1)
  if (size !== data.length) throw new RangeError(`${name} is ${shape.join(' × ')}, but has ${data.length} numbers`)
  return Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(TENSOR_F32), u64(offset)])
}

function encodeValue(value: GgufValue): Buffer {
  switch (value.type) {
    case 'u32':
      return Buffer.concat([u32(TYPES.u32), u32(value.value)])
    case 'f32':
      return Buffer.concat([u32(TYPES.f32), floats([value.value])])
    case 'bool':
      return Buffer.concat([u32(TYPES.bool), Buffer.from([Number(value.value)])])
    case 'text':
      return Buffer.concat([u32(TYPES.text), text(value.value)])
    case 'texts':
      return list(TYPES.text, value.value.map(text))
    case 'f32s':
      return list(
        TYPES.f32,
        value.value.map((number) => floats([number])),
      )
    case 'i32s':
      return list(TYPES.i32, value.value.map(u32))
  }
}

function list(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([u32(TYPES.list), u32(type), u64(items.length), ...items])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([u64(bytes.length), bytes])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function floats(values: ArrayLike<number>): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (let index = 0; index < values.length; index += 1) bytes.writeFloatLE(values[index] ?? 0, index * 4)
  return bytes
}

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % ALIGNMENT
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(ALIGNMENT - rest)])
}
