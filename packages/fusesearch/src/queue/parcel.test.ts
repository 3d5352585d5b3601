import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromText, packParcel, toText, unpackParcel } from './parcel.ts'

const numbers = fc.oneof(
  fc.float32Array({ noNaN: false }),
  fc.float64Array({ noNaN: false }),
  fc.int32Array(),
  fc.uint8Array(),
)
const data = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    fc.boolean(),
    fc.constant(null),
    numbers,
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('any'), { maxKeys: 4 }),
  ),
})).any

test('data is unchanged after unpacking, typed arrays bit by bit', async () => {
  await fc.assert(
    fc.asyncProperty(data, async (value) => {
      const unpacked = await unpackParcel(await packParcel(value))
      expect(JSON.stringify(unpacked)).toBe(JSON.stringify(value))
      expect(toText(unpacked)).toBe(toText(value))
    }),
    { numRuns: 200 },
  )
  const array = Float32Array.from([0.1, -0, Number.NaN, Number.POSITIVE_INFINITY])
  const copy = fromText(toText({ array })) as { array: Float32Array }
  expect(new Uint8Array(copy.array.buffer)).toEqual(new Uint8Array(array.buffer))
})

test('a view of a larger buffer packs only its own bytes', () => {
  const whole = Float64Array.from([1, 2, 3, 4])
  expect(fromText(toText(whole.subarray(1, 3)))).toEqual(Float64Array.from([2, 3]))
})

test('data that only looks like a packed array stays unchanged', () => {
  const lookalike = { $array: 'constructor', base64: 'AAAA' }
  expect(fromText(JSON.stringify(lookalike))).toEqual(lookalike)
})

test('refuses an invalid parcel', async () => {
  await expect(unpackParcel(Buffer.from('no parcel'))).rejects.toThrow()
})
