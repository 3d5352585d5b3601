// Seeded random numbers, so that a seed identifies the requests of a run.

/** Draws by mulberry32 (public domain, Tommy Ettinger): the same seed gives the same numbers. */
export function createRandom(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count) => Math.floor(next() * count)
  return {
    below,
    chance: (share) => next() < share,
    pick: (list) => list[below(list.length)],
    text: (length) => Array.from({ length }, () => String.fromCharCode(32 + below(95))).join(''),
  }
}
