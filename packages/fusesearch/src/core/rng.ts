/** A seeded source of numbers; the same seed gives the same sequence on every machine. */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, bound); bound is at least 1. */
  integer(bound: number): number
}

/** Makes a generator by splitmix32 (Steele et al. 2014), which is good enough for sampling and for breaking ties. */
export function createRng(seed: number): Rng {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return ((z ^ (z >>> 16)) >>> 0) / 0x1_0000_0000
  }
  return { next, integer: (bound) => Math.floor(next() * bound) }
}

/** The items in an order drawn by the generator (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], rng: Rng): Item[] {
  const drawn = [...items]
  for (let index = drawn.length - 1; index > 0; index -= 1) {
    const other = rng.integer(index + 1)
    const [a, b] = [drawn[index] as Item, drawn[other] as Item]
    drawn[index] = b
    drawn[other] = a
  }
  return drawn
}
