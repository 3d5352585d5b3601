import { expect, it } from 'vitest'
import { encodeGguf } from './gguf-file.ts'
import { tinyModel } from './tiny-model.ts'

it('writes a file that is the same for the same seed, and small', () => {
  const [one, same, other] = [1, 1, 2].map((seed) => tinyModel({ seed, words: ['a.py'] }))
  expect(one?.equals(same ?? Buffer.alloc(0))).toBe(true)
  expect(one?.equals(other ?? Buffer.alloc(0))).toBe(false)
  expect(one?.length).toBeLessThan(1_000_000)
})

it('lays a file out as the format says', () => {
  const data = Float32Array.from([1, -2])
  const file = encodeGguf({
    metadata: { 'general.architecture': { type: 'text', value: 'llama' } },
    tensors: [{ name: 'w', shape: [2, 1], data }],
  })
  // Magic, version 3, one tensor, one pair.
  expect(file.subarray(0, 24).toString('hex')).toBe('474755460300000001000000000000000100000000000000')
  // A key of 20 bytes, type 8 (text), a text of 5 bytes.
  expect(file.readBigUInt64LE(24)).toBe(20n)
  expect(file.subarray(32, 52).toString()).toBe('general.architecture')
  expect([file.readUInt32LE(52), file.readBigUInt64LE(56), file.subarray(64, 69).toString()]).toEqual([8, 5n, 'llama'])
  // The tensor: name, two dimensions of 2 and 1, type 0 (32-bit floats), at 0 of the data.
  expect(file.subarray(69, 78).toString('latin1')).toBe('\u0001\0\0\0\0\0\0\0w')
  expect([file.readUInt32LE(78), file.readBigUInt64LE(82), file.readBigUInt64LE(90)]).toEqual([2, 2n, 1n])
  expect([file.readUInt32LE(98), file.readBigUInt64LE(102)]).toEqual([0, 0n])
  // 110 bytes, then zeros up to 128, then the numbers and zeros up to a multiple of 32.
  expect([file.readFloatLE(128), file.readFloatLE(132), file.length]).toEqual([1, -2, 160])
})

it('refuses a tensor whose shape and data disagree', () => {
  const tensor = { name: 'w', shape: [3], data: new Float32Array(2) }
  expect(() => encodeGguf({ metadata: {}, tensors: [tensor] })).toThrow('w is 3, but has 2 numbers')
})
