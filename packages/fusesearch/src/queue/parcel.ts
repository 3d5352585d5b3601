import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** A parcel that unpacks to more than this is refused, because it could fill the memory. */
const MAX_BYTES = 512 * 2 ** 20

/** Arrays of numbers that are sent as bytes: exact, and a third of the length of text. */
const ARRAYS = { Float32Array, Float64Array, Int32Array, Uint8Array } as const
type ArrayName = keyof typeof ARRAYS
const MARK = '$array'

/** Packs plain data for Redis: compressed JSON, with typed arrays as bytes. */
export async function packParcel(data: unknown): Promise<Buffer> {
  return pack(toText(data), { level: 1 })
}

/** The data of a parcel; none of it is executed. Throws for an invalid parcel. */
export async function unpackParcel(parcel: Buffer): Promise<unknown> {
  return fromText((await unpack(parcel, { maxOutputLength: MAX_BYTES })).toString('utf8'))
}

/** The JSON of plain data with typed arrays. */
export function toText(data: unknown): string {
  return JSON.stringify(data ?? null, (_, value: unknown) => {
    const name = ArrayBuffer.isView(value) ? value.constructor.name : undefined
    if (name === undefined || !(name in ARRAYS)) return value
    const { buffer, byteOffset, byteLength } = value as Uint8Array
    return { [MARK]: name, base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') }
  })
}

/** The data of {@link toText}. */
export function fromText(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !(MARK in value)) return value
    const { [MARK]: name, base64 } = value as { [MARK]: ArrayName; base64: string }
    if (!Object.hasOwn(ARRAYS, name) || typeof base64 !== 'string') return value
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'))
    return new ARRAYS[name](bytes.buffer)
  })
}
