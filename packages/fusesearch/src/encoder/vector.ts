/** What an encoder makes of a text: its direction alone counts. Whole numbers, so that a kept vector is the same as a new one. */
export type Vector = Int8Array<ArrayBuffer>

/** The largest component of a packed vector. */
const LARGEST = 127

/** The direction of numbers as a {@link Vector}; zeros stay zeros. */
export function packVector(numbers: Float32Array): Vector {
  let largest = 0
  for (const number of numbers) largest = Math.max(largest, Math.abs(number))
  const scale = largest === 0 ? 0 : LARGEST / largest
  return Int8Array.from(numbers, (number) => Math.round(number * scale))
}

/** Cosine of the angle between two vectors of the same width, in [-1, 1]; 0 if one has no direction. */
export function similarity(a: Vector, b: Vector): number {
  let [both, ofA, ofB] = [0, 0, 0]
  for (let index = 0; index < a.length; index += 1) {
    const [x, y] = [a[index] ?? 0, b[index] ?? 0]
    both += x * y
    ofA += x * x
    ofB += y * y
  }
  return ofA === 0 || ofB === 0 ? 0 : both / Math.sqrt(ofA * ofB)
}
