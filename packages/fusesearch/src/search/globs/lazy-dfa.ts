import { isMember, toUpper } from './character-set.ts'
import { ACCEPT, ANY, ANY_BUT_SLASH, FIRST_SET, type Nfa, SPLIT } from './nfa.ts'

/** Limits on the cache: DFA states, and the NFA states and transitions they hold. Beyond either it is emptied. */
const MAX_STATES = 16_384
const MAX_HELD = 4_000_000

const SLASH = 0x2f
const ASCII = 128
const CODE_POINTS = 0x11_00_00
// A DFA state is the offset of its row in the transition table, which has one column per ASCII character.
const UNKNOWN = 0
const DEAD = ASCII
const UNIVERSAL = 2 * ASCII

/** The number of NFA states that may still be visited. The counter is shared by all matchers of one call. */
export interface GlobBudget {
  left: number
}

/**
 * Matches paths against an NFA without backtracking: it advances all active NFA states together, so the work for one
 * path is at most the number of NFA states times the length of the path. Each set of active states is a DFA state. It is
 * built when it first occurs and cached with its transitions, so that most characters cost one table look-up.
 */
export class LazyDfa {
  private readonly nfa: Nfa
  private readonly ignoreCase: boolean
  private readonly budget: GlobBudget
  /** For each NFA state, the last closure that contains it. */
  private readonly lastClosure: Float64Array
  private closures = 0
  private cache: Cache = createCache()
  private readonly cursor: Cursor = { at: 0, state: UNKNOWN }

  constructor(nfa: Nfa, options: { readonly ignoreCase: boolean; readonly budget: GlobBudget }) {
    this.nfa = nfa
    this.ignoreCase = options.ignoreCase
    this.budget = options.budget
    this.lastClosure = new Float64Array(nfa.symbols.length)
  }

  /** Says whether a glob matches the whole path. The answer means nothing once the budget is below 0. */
  matches(path: string): boolean {
    const { cursor } = this
    cursor.state = this.cache.start ??= this.closureOf(this.nfa.start)
    cursor.at = 0
    followTable(cursor, path, this.cache.table)
    while (cursor.at < path.length && cursor.state > UNIVERSAL) {
      const code = path.codePointAt(cursor.at) ?? 0
      cursor.state = this.next(cursor.state, code)
      cursor.at += code > 0xffff ? 2 : 1
      followTable(cursor, path, this.cache.table)
    }
    return this.cache.rows[cursor.state / ASCII]?.isAccepting === true
  }

  /** Returns the DFA state after a code point and stores the transition. */
  private next(state: number, code: number): number {
    const { cache } = this
    const row = cache.rows[state / ASCII]
    if (row === undefined || this.budget.left < 0) return DEAD
    const key = state * CODE_POINTS + code
    const next = cache.others.get(key) ?? this.step(row, code)
    // A new cache no longer has the state that the transition would start from.
    if (this.cache !== cache) return next
    if (code < ASCII) cache.table[state + code] = next
    else {
      cache.others.set(key, next)
      cache.held += 1
    }
    return next
  }

  private step(row: Row, code: number): number {
    const { symbols, targets } = this.nfa
    const { active } = row
    const folded = this.ignoreCase ? toUpper(code) : code
    const reached: number[] = []
    let isDefault = code !== SLASH
    // By index: most of this code runs a few hundred times, and without optimisation an iterator takes several times as long.
    for (let at = 0; at < active.length; at += 1) {
      const state = active[at] ?? 0
      const symbol = symbols[state] ?? ACCEPT
      if (symbol === folded || symbol <= FIRST_SET) isDefault = false
      if (symbol === folded || (symbol < 0 && this.consumes(symbol, code))) addAll(reached, targets[state])
    }
    this.budget.left -= active.length
    if (!isDefault) return this.closureOf(reached)
    row.default ??= this.closureOf(reached)
    return row.default
  }

  private consumes(symbol: number, code: number): boolean {
    if (symbol === ANY || code === SLASH) return symbol === ANY
    const set = this.nfa.sets[FIRST_SET - symbol]
    if (set === undefined) return symbol === ANY_BUT_SLASH
    this.budget.left -= set.ranges.length
    return isMember(set, code, this.ignoreCase)
  }

  /** Returns the DFA state of all NFA states that are reachable without consuming anything. */
  private closureOf(states: readonly number[]): number {
    const { symbols, targets, universal } = this.nfa
    this.closures += 1
    const stack = states.slice()
    const active: number[] = []
    let isAccepting = false
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      this.budget.left -= 1
      if (this.lastClosure[state] === this.closures) continue
      this.lastClosure[state] = this.closures
      if (universal.has(state)) return UNIVERSAL
      if (symbols[state] === SPLIT) addAll(stack, targets[state])
      else if (symbols[state] === ACCEPT) isAccepting = true
      else active.push(state)
    }
    return this.intern(new Uint16Array(active).sort(), isAccepting)
  }

  private intern(active: Uint16Array, isAccepting: boolean): number {
    const key = `${isAccepting ? '+' : '-'}${keyOf(active)}`
    const known = this.cache.byKey.get(key)
    if (known !== undefined) return known
    if (this.cache.rows.length >= MAX_STATES || this.cache.held > MAX_HELD) this.cache = createCache()
    const { cache } = this
    const state = cache.rows.push({ active, isAccepting, default: undefined }) * ASCII - ASCII
    cache.held += active.length
    cache.byKey.set(key, state)
    if (state >= cache.table.length) {
      const larger = new Int32Array(2 * cache.table.length)
      larger.set(cache.table)
      cache.table = larger
    }
    return state
  }
}

interface Cursor {
  at: number
  state: number
}

/** Advances as far as the table goes. Its own small function, because the engine optimises that early. */
function followTable(cursor: Cursor, path: string, table: Int32Array): void {
  let { at, state } = cursor
  for (; at < path.length && state > UNIVERSAL; at += 1) {
    const unit = path.charCodeAt(at)
    const next = unit < ASCII ? (table[state + unit] ?? UNKNOWN) : UNKNOWN
    if (next === UNKNOWN) break
    state = next
  }
  cursor.at = at
  cursor.state = state
}

function addAll(list: number[], added: readonly number[] = []): void {
  for (let at = 0; at < added.length; at += 1) list.push(added[at] ?? 0)
}

/** One UTF-16 unit per state, in pieces that fit an argument list. */
function keyOf(states: Uint16Array): string {
  let key = ''
  for (let at = 0; at < states.length; at += 4_096) {
    key += String.fromCharCode.apply(undefined, states.subarray(at, at + 4_096) as unknown as number[])
  }
  return key
}

/** A DFA state. */
interface Row {
  /** The NFA states that consume something, in ascending order. */
  readonly active: Uint16Array
  readonly isAccepting: boolean
  /** The DFA state after every code point but the slash that no active state and no set names; undefined until needed. */
  default: number | undefined
}

interface Cache {
  readonly rows: Row[]
  /** [rows, ASCII] */
  table: Int32Array
  /** Transitions of other code points. */
  readonly others: Map<number, number>
  readonly byKey: Map<string, number>
  start: number | undefined
  /** NFA states in `rows` plus entries of `others`. */
  held: number
}

/** Rows 0 to 2 stand for `UNKNOWN`, `DEAD` and `UNIVERSAL`; none of them is ever stepped from. */
function createCache(): Cache {
  const none = { active: new Uint16Array(), isAccepting: false, default: undefined }
  return {
    rows: [none, none, { ...none, isAccepting: true }],
    table: new Int32Array(16 * ASCII),
    others: new Map(),
    byKey: new Map([['-', DEAD]]),
    start: undefined,
    held: 0,
  }
}
