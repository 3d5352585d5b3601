/** Limits of an {@link Lru}, and a listener for evicted entries. */
export interface LruOptions<Key, Value> {
  /** Entries at most; any number when left out. */
  readonly maxEntries?: number
  /** Weight of all entries together at most, in the unit of `weigh`; any weight when left out. */
  readonly maxWeight?: number
  /** Weight of an entry, taken once, when it is set; 1 when left out. */
  readonly weigh?: (value: Value) => number
  /** Called for each evicted entry. */
  readonly onEvict?: (value: Value, key: Key) => void
}

/** A cache that is bounded by count, weight or both: the entries that were used least recently are evicted. */
export class Lru<Key, Value> {
  /** In the order of last use. */
  readonly #entries = new Map<Key, { readonly value: Value; readonly weight: number }>()
  readonly #options: LruOptions<Key, Value>
  #weight = 0

  constructor(options: LruOptions<Key, Value>) {
    this.#options = options
  }

  get size(): number {
    return this.#entries.size
  }

  get weight(): number {
    return this.#weight
  }

  /** The value of a key, which counts as a use. */
  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** The value of a key, which counts as no use. */
  peek(key: Key): Value | undefined {
    return this.#entries.get(key)?.value
  }

  /** Sets a value as the one used last, and evicts what exceeds the limits: the value itself if it alone does. */
  set(key: Key, value: Value): void {
    this.delete(key)
    const weight = this.#options.weigh?.(value) ?? 1
    this.#entries.set(key, { value, weight })
    this.#weight += weight
    this.evict()
  }

  /** Removes an entry without calling `onEvict`. */
  delete(key: Key): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0
    this.#entries.delete(key)
  }

  /** Values, least recently used first. */
  *values(): Generator<Value> {
    for (const { value } of this.#entries.values()) yield value
  }

  clear(): void {
    this.#entries.clear()
    this.#weight = 0
  }

  /** Evicts what exceeds the limits; needed only where `maxWeight` is a getter whose value has fallen. */
  evict(): void {
    const { maxEntries = Infinity, maxWeight = Infinity, onEvict } = this.#options
    for (const [key, { value }] of this.#entries) {
      if (this.#entries.size <= maxEntries && this.#weight <= maxWeight) return
      this.delete(key)
      onEvict?.(value, key)
    }
  }
}
