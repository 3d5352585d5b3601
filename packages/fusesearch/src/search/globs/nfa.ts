import type { CharacterSet } from './character-set.ts'
import type { GlobPart, GlobParts } from './parse.ts'

/** Limit on the states of one NFA. State numbers must fit into 16 bits. */
const MAX_STATES = 50_000

/** Symbols below 0. Every other symbol is the one code point that a state consumes. */
export const ANY = -1
export const ANY_BUT_SLASH = -2
/** Epsilon state: goes on to its targets without consuming anything. */
export const SPLIT = -3
export const ACCEPT = -4
/** The set with index `i` is the symbol `FIRST_SET - i`. */
export const FIRST_SET = -5

const SLASH = 0x2f
const ACCEPT_STATE = 0

/** A nondeterministic finite automaton for several globs. A state is an index into `symbols` and `targets`. */
export interface Nfa {
  readonly symbols: readonly number[]
  readonly targets: readonly (readonly number[])[]
  readonly sets: readonly CharacterSet[]
  /** The start state of each glob. */
  readonly start: readonly number[]
  /** States from which every rest of a path is accepted. */
  readonly universal: ReadonlySet<number>
}

/**
 * Builds the NFA by Thompson's construction, with a small constant number of states per character of the globs.
 * Returns undefined if it would exceed the limit on states. `fold` maps each code point of the globs before use.
 */
export function buildNfa(globs: readonly GlobParts[], fold: (code: number) => number): Nfa | undefined {
  const symbols: number[] = [ACCEPT]
  const targets: number[][] = [[]]
  const sets: CharacterSet[] = []
  const universal = new Set<number>()
  const add = (symbol: number, ...next: number[]): number => {
    targets.push(next)
    return symbols.push(symbol) - 1
  }
  const repeat = (symbol: number, next: number): number => {
    const split = add(SPLIT, next)
    targets[split]?.push(add(symbol, split))
    if (symbol === ANY && next === ACCEPT_STATE) universal.add(split)
    return split
  }
  const addPart = (part: GlobPart, next: number): number => {
    switch (part.kind) {
      case 'character':
        return add(fold(part.code), next)
      case 'set':
        return add(FIRST_SET + 1 - sets.push(part.set), next)
      case 'any':
        return add(ANY_BUT_SLASH, next)
      case 'star':
        return repeat(ANY_BUT_SLASH, next)
      case 'rest':
        return repeat(ANY, next)
      case 'folders':
        return add(SPLIT, repeat(ANY, add(SLASH, next)), next)
      case 'below':
        return add(SPLIT, add(SLASH, repeat(ANY, next)), next)
      case 'alternatives':
        return add(SPLIT, ...part.alternatives.map((parts) => addAll(parts, next)))
    }
  }
  // Built from the last part to the first, because each state needs the number of the state behind it.
  const addAll = (parts: GlobParts, next: number): number =>
    parts.reduceRight((after, part) => addPart(part, after), next)
  const start: number[] = []
  for (const parts of globs) {
    start.push(addAll(parts, ACCEPT_STATE))
    if (symbols.length > MAX_STATES) return undefined
  }
  return { symbols, targets, sets, start, universal }
}
