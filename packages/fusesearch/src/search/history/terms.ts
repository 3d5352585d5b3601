import type { DocumentCounts, Query } from './bm25.ts'

/** A word of a text, with the `g` flag. */
export const WORD = /[A-Za-z_$][\w$]*/g
const PART = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g
/** Shorter parts are loop variables and noise. */
const SHORTEST_PART = 2

/**
 * The terms of a word: its camel and snake parts, lower-cased and lightly stemmed, and, when there are several, the
 * whole word too. `getHTTPResponses` gives get, http, respons(e) and gethttpresponses.
 */
export function termsOfWord(word: string): readonly string[] {
  const parts = (word.match(PART) ?? [])
    .map((part) => part.toLowerCase())
    .filter((part) => part.length >= SHORTEST_PART)
  const terms = parts.map(stem)
  return parts.length > 1 ? [...terms, word.toLowerCase()] : terms
}

/** All terms of a text, in order, repeats included. */
export function termsOfText(text: string): string[] {
  return (text.match(WORD) ?? []).flatMap(termsOfWord)
}

/** Cuts plural, -ed and -ing endings; words with the same stem count as the same word. */
export function stem(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`
  if (word.length > 5 && word.endsWith('ing')) return word.slice(0, -3)
  if (word.length > 4 && word.endsWith('ed')) return word.slice(0, -2)
  if (/(?:x|ch|sh|ss)es$/.test(word)) return word.slice(0, -2)
  if (word.length > 3 && word.endsWith('s') && !word.endsWith('ss')) return word.slice(0, -1)
  return word
}

/** What a word adds to a document: its query terms, and the number of all its terms. */
interface WordCounts {
  readonly hits: readonly number[]
  readonly terms: number
}

/** Counts query terms in texts. Caches the result for each word, since code repeats its words. */
export function createCounter(query: Query): (text: string) => DocumentCounts {
  const known = new Map<string, WordCounts>()
  const look = (word: string): WordCounts => {
    const terms = termsOfWord(word)
    const hits = terms.flatMap((term) => query.indexOf.get(term) ?? [])
    // Copy the key: a slice would keep the whole text in memory.
    const counts = { hits, terms: terms.length }
    known.set(Buffer.from(word).toString(), counts)
    return counts
  }
  return (text) => {
    const counts = new Uint32Array(query.weights.length)
    let length = 0
    WORD.lastIndex = 0
    for (let match = WORD.exec(text); match !== null; match = WORD.exec(text)) {
      const word = known.get(match[0]) ?? look(match[0])
      length += word.terms
      for (const term of word.hits) counts[term] = (counts[term] ?? 0) + 1
    }
    return { counts, length }
  }
}
