import { expect, test } from 'vitest'
import { passageText } from './passage.ts'
import { packVector, similarity } from './vector.ts'

test('identifiers become words, and punctuation goes', () => {
  expect(passageText('def parse_HTTPHeader(self, maxAge=3): # RFC2616')).toBe(
    'def parse HTTP Header self max Age 3 RFC2616',
  )
  expect(passageText('éclairGrößeΔ = 漢字()')).toBe('éclair Größe Δ 漢字')
  expect(passageText(' \n{}();')).toBe('')
})

test('a long text is cut before it is looked at', () => {
  expect(passageText('word '.repeat(10_000)).length).toBeLessThanOrEqual(4_000)
})

test('a packed vector keeps its direction: the cosine is that of the numbers', () => {
  const [a, b] = [Float32Array.of(3, 4, 0), Float32Array.of(4, 3, 0)]
  // 24 / 25 by hand; whole numbers up to 127 lose less than a hundredth.
  expect(similarity(packVector(a), packVector(b))).toBeCloseTo(0.96, 2)
  expect(packVector(a)).toEqual(Int8Array.of(95, 127, 0))
  expect(similarity(packVector(a), packVector(a.map((one) => -5 * one)))).toBeCloseTo(-1, 5)
  expect(similarity(packVector(Float32Array.of(0, 0)), packVector(Float32Array.of(1, 0)))).toBe(0)
})
