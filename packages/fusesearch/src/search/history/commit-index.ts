import { referencesOf } from './references.ts'
import { subjectOf } from './subject.ts'
import { termsOfWord, WORD } from './terms.ts'

/** A commit's id, time and message. */
export interface PastCommit {
  /** Full hash. */
  readonly id: string
  /** Seconds since 1970; NaN if the commit has no time. */
  readonly committedS: number
  /** Subject and body. */
  readonly message: string
}

/**
 * Commits as columns: flat arrays, so that a file of them is loaded without parsing. `commits` is the number of commits
 * that were read. `ids` and `times` also hold the edges, after the commits: parents that were not read.
 */
export interface CommitColumns {
  readonly commits: number
  /** Characters of an id: 40 or 64. */
  readonly idLength: number
  /** All ids joined, in hexadecimal; edges last. */
  readonly ids: string
  /** Seconds since 1970; 0 for a commit without a time; edges last. */
  readonly times: Float64Array
  /** Where each commit's entries in `parents` begin, plus one final end. */
  readonly parentStart: Uint32Array
  /** Indices into `ids`. */
  readonly parents: Uint32Array
  /** The length of each message, in terms. */
  readonly lengths: Uint32Array
  readonly termStart: Uint32Array
  /** Indices into `vocabulary`, each once per commit; `counts` says how often the message contains the term. */
  readonly terms: Uint32Array
  readonly counts: Uint32Array
  readonly vocabulary: readonly string[]
  readonly subjects: readonly string[]
}

/** A commit and its parents. */
export interface ReadCommit extends PastCommit {
  readonly parents: readonly string[]
}

/** A parent that was not read: its id and its time. */
export type Edge = Pick<PastCommit, 'id' | 'committedS'>

/** The commits of a walk in the order of `git log`, as indices into a {@link CommitIndex}. */
export interface Walk {
  readonly order: Uint32Array
  /** True if the limit cut the walk short. */
  readonly isCut: boolean
}

/** Only this many characters of a message count: a longer message is a log of many changes. */
const MAX_MESSAGE_CHARACTERS = 4_000

/** The terms of commit messages, and the parents of each commit. Immutable; `with` returns a larger index. */
export class CommitIndex {
  readonly columns: CommitColumns
  #places: Map<string, number> | undefined

  constructor(columns: CommitColumns = EMPTY) {
    this.columns = columns
  }

  /** The index of a commit that was read, by its full hash; undefined for any other. */
  find(id: string): number | undefined {
    const place = this.#placeOf(id)
    return place !== undefined && place < this.columns.commits ? place : undefined
  }

  idOf(place: number): string {
    const { ids, idLength } = this.columns
    return ids.slice(place * idLength, (place + 1) * idLength)
  }

  parentsOf(place: number): readonly string[] {
    const { parents, parentStart } = this.columns
    return [...parents.subarray(parentStart[place], parentStart[place + 1])].map((parent) => this.idOf(parent))
  }

  /** The newest of the commits that are nobody's parent. Every other commit can be reached from such a commit. */
  heads(limit: number): readonly string[] {
    const { commits, parents, times } = this.columns
    const isParent = new Uint8Array(times.length)
    for (const parent of parents) isParent[parent] = 1
    const heads = Array.from({ length: commits }, (_, place) => place).filter((place) => isParent[place] === 0)
    return heads
      .sort((a, b) => (times[b] ?? 0) - (times[a] ?? 0))
      .slice(0, limit)
      .map((place) => this.idOf(place))
  }

  /**
   * A commit and its ancestors in the order of `git log`, newest first: the next commit is the latest one whose child
   * has been listed. Undefined if a commit before the limit was not read.
   */
  walk(tip: string, limit: number): Walk | undefined {
    const start = this.find(tip)
    if (start === undefined) return undefined
    const { commits, parentStart, parents, times } = this.columns
    const seen = new Uint8Array(times.length)
    const queue = new Newest(times)
    const order = new Uint32Array(Math.min(limit, commits))
    seen[start] = 1
    queue.add(start)
    let count = 0
    for (let place = queue.take(); place !== undefined; place = queue.take()) {
      if (count === limit) return { order, isCut: true }
      if (place >= commits) return undefined
      order[count++] = place
      for (let at = parentStart[place] ?? 0; at < (parentStart[place + 1] ?? 0); at++) {
        const parent = parents[at] ?? 0
        if (seen[parent] === 1) continue
        seen[parent] = 1
        queue.add(parent)
      }
    }
    return { order: order.subarray(0, count), isCut: false }
  }

  /** The index with more commits and their edges. Commits that it already holds are skipped. */
  with(added: readonly ReadCommit[], edges: readonly Edge[]): CommitIndex {
    const fresh = added.filter(({ id }) => this.find(id) === undefined)
    const all = [...this.#allIds(0, this.columns.commits), ...fresh.map(({ id }) => id)]
    const places = new Map(all.map((id, place) => [id, place]))
    const timeOf = new Map(edges.map(({ id, committedS }) => [id, committedS]))
    const { commits, times } = this.columns
    for (const [index, id] of this.#allIds(commits, times.length).entries()) timeOf.set(id, times[commits + index] ?? 0)
    const newTimes = [...times.subarray(0, commits), ...fresh.map(({ committedS }) => saneTime(committedS))]
    const placeOf = (id: string): number => {
      const known = places.get(id)
      if (known !== undefined) return known
      // A parent without a known time counts as the oldest, so a walk ends before it or misses it.
      newTimes.push(saneTime(timeOf.get(id) ?? 0))
      places.set(id, all.length)
      all.push(id)
      return all.length - 1
    }
    const parents = [
      ...Array.from({ length: commits }, (_, place) => this.parentsOf(place)),
      ...fresh.map((one) => one.parents),
    ]
    const parentPlaces = parents.map((ids) => ids.map(placeOf))
    return new CommitIndex({
      commits: commits + fresh.length,
      idLength: all[0]?.length ?? this.columns.idLength,
      ids: all.join(''),
      times: Float64Array.from(newTimes),
      parentStart: startsOf(parentPlaces),
      parents: Uint32Array.from(parentPlaces.flat()),
      ...this.#textsWith(fresh),
    })
  }

  #textsWith(fresh: readonly ReadCommit[]): Texts {
    const { lengths, termStart, terms, counts, vocabulary, subjects } = this.columns
    const counter = new TermCounter(vocabulary)
    for (const { message } of fresh) counter.count(message.slice(0, MAX_MESSAGE_CHARACTERS))
    const before = termStart.at(-1) ?? 0
    return {
      lengths: joined(lengths, counter.lengths),
      termStart: joined(
        termStart,
        counter.ends.map((end) => before + end),
      ),
      terms: joined(terms, counter.terms),
      counts: joined(counts, counter.counts),
      vocabulary: apart(counter.vocabulary),
      subjects: apart([...subjects, ...fresh.map(({ message }) => subjectOf(message))]),
    }
  }

  #allIds(from: number, to: number): string[] {
    return Array.from({ length: to - from }, (_, index) => this.idOf(from + index))
  }

  #placeOf(id: string): number | undefined {
    this.#places ??= new Map(this.#allIds(0, this.columns.times.length).map((one, place) => [one, place]))
    return this.#places.get(id)
  }
}

type Texts = Pick<CommitColumns, 'lengths' | 'termStart' | 'terms' | 'counts' | 'vocabulary' | 'subjects'>

const EMPTY: CommitColumns = {
  commits: 0,
  idLength: 40,
  ids: '',
  times: new Float64Array(),
  parentStart: new Uint32Array(1),
  parents: new Uint32Array(),
  lengths: new Uint32Array(),
  termStart: new Uint32Array(1),
  terms: new Uint32Array(),
  counts: new Uint32Array(),
  vocabulary: [],
  subjects: [],
}

/** Copies of one-line texts: slices would keep the longer texts that they were cut from in memory. */
function apart(texts: readonly string[]): readonly string[] {
  return texts.length === 0 ? [] : Buffer.from(texts.join('\n')).toString().split('\n')
}

function saneTime(seconds: number): number {
  return Number.isFinite(seconds) ? seconds : 0
}

function startsOf(lists: readonly { readonly length: number }[]): Uint32Array {
  const starts = new Uint32Array(lists.length + 1)
  for (const [index, { length }] of lists.entries()) starts[index + 1] = (starts[index] ?? 0) + length
  return starts
}

function joined(first: Uint32Array, rest: readonly number[]): Uint32Array {
  const all = new Uint32Array(first.length + rest.length)
  all.set(first)
  all.set(rest, first.length)
  return all
}

/** Counts the terms of messages one by one and numbers the terms. Each word is split into terms only once. */
class TermCounter {
  readonly vocabulary: string[]
  /** For each message: its length in terms; `ends` holds the end of its entries in `terms` and `counts`. */
  readonly lengths: number[] = []
  readonly ends: number[] = []
  readonly terms: number[] = []
  readonly counts: number[] = []
  readonly #numbers: Map<string, number>
  readonly #words = new Map<string, readonly number[]>()
  /** For each term: its index in `terms` for the last message that contained it. */
  readonly #entries: number[]

  constructor(vocabulary: readonly string[]) {
    this.vocabulary = [...vocabulary]
    this.#entries = vocabulary.map(() => -1)
    this.#numbers = new Map(vocabulary.map((term, number) => [term, number]))
  }

  /** References count as terms but not toward the length: naming an issue must not lower a message's score. */
  count(text: string): void {
    const start = this.terms.length
    let length = 0
    for (const word of text.match(WORD) ?? []) {
      const numbers = this.#words.get(word) ?? this.#learn(word)
      length += numbers.length
      for (const number of numbers) this.#add(number, start)
    }
    for (const reference of referencesOf(text)) this.#add(this.#numberOf(reference), start)
    this.lengths.push(length)
    this.ends.push(this.terms.length)
  }

  #add(number: number, start: number): void {
    const entry = this.#entries[number]
    if (entry !== undefined && entry >= start) this.counts[entry] = (this.counts[entry] ?? 0) + 1
    else {
      this.#entries[number] = this.terms.length
      this.terms.push(number)
      this.counts.push(1)
    }
  }

  #learn(word: string): readonly number[] {
    const numbers = termsOfWord(word).map((term) => this.#numberOf(term))
    this.#words.set(word, numbers)
    return numbers
  }

  #numberOf(term: string): number {
    const known = this.#numbers.get(term)
    if (known !== undefined) return known
    this.#numbers.set(term, this.vocabulary.length)
    this.#entries.push(-1)
    this.vocabulary.push(term)
    return this.vocabulary.length - 1
  }
}

/** A heap of commit indices: the latest time first; equal times in the order in which they were added. */
class Newest {
  readonly #times: Float64Array
  readonly #heap: { readonly place: number; readonly time: number; readonly turn: number }[] = []
  #turns = 0

  constructor(times: Float64Array) {
    this.#times = times
  }

  add(place: number): void {
    const heap = this.#heap
    const entry = { place, time: this.#times[place] ?? 0, turn: this.#turns++ }
    let at = heap.length
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = heap[above]
      if (other === undefined || isBefore(other, entry)) break
      heap[at] = other
      at = above
    }
    heap[at] = entry
  }

  take(): number | undefined {
    const heap = this.#heap
    const first = heap[0]
    const entry = heap.pop()
    if (first === undefined || entry === undefined || heap.length === 0) return first?.place
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      const isRight = right !== undefined && left !== undefined && isBefore(right, left)
      const next = isRight ? right : left
      if (next === undefined || isBefore(entry, next)) break
      heap[at] = next
      at = 2 * at + (isRight ? 2 : 1)
    }
    heap[at] = entry
    return first.place
  }
}

interface Entry {
  readonly time: number
  readonly turn: number
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.time > b.time || (a.time === b.time && a.turn < b.turn)
}
