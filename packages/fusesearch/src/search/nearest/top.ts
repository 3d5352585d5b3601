/** A ranked item; higher scores are better, then shorter texts, then texts by their UTF-16 units. */
export interface Ranked {
  readonly text: string
  readonly score: number
}

/** Keeps the best few of many items without sorting all of them. */
export class Top<Item extends Ranked> {
  readonly items: Item[] = []
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  /** Whether an item with this score could still be among the best. */
  accepts(score: number): boolean {
    return this.items.length < this.#size || score >= (this.items.at(-1)?.score ?? 0)
  }

  add(item: Item): void {
    if (!this.accepts(item.score)) return
    let at = this.items.length
    while (at > 0 && isBetter(item, this.items[at - 1])) at -= 1
    this.items.splice(at, 0, item)
    if (this.items.length > this.#size) this.items.pop()
  }
}

function isBetter(item: Ranked, than: Ranked | undefined): boolean {
  if (than === undefined) return true
  if (item.score !== than.score) return item.score > than.score
  const { text } = item
  return text.length === than.text.length ? text < than.text : text.length < than.text.length
}
