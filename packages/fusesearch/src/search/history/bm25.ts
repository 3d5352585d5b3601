/** Okapi BM25's usual constants (Robertson and Zaragoza 2009). */
const K1 = 1.2
const B = 0.75

/** The parts of Okapi BM25: a term adds idf × gain to the score; the gain is normalized by the document's length. */
export const BM25 = {
  /** Lucene's form, which is never negative. */
  idf: (documentsWith: number, documents: number): number =>
    Math.log(1 + (documents - documentsWith + 0.5) / (documentsWith + 0.5)),
  norm: (length: number, meanLength: number): number => K1 * (1 - B + (B * length) / Math.max(1, meanLength)),
  gain: (count: number, norm: number): number => (count * (K1 + 1)) / (count + norm),
} as const

/** How often each query term occurs in a document, and the document's length in terms. */
export interface DocumentCounts {
  readonly counts: Uint32Array
  readonly length: number
}

/** A query: the index of each distinct term, and how often the query contains it. */
export interface Query {
  readonly indexOf: ReadonlyMap<string, number>
  readonly weights: readonly number[]
}

/** Counts the terms of the query text. */
export function makeQuery(terms: readonly string[]): Query {
  const indexOf = new Map<string, number>()
  const weights: number[] = []
  for (const term of terms) {
    const index = indexOf.get(term) ?? weights.length
    indexOf.set(term, index)
    weights[index] = (weights[index] ?? 0) + 1
  }
  return { indexOf, weights }
}

/**
 * The BM25 score of each document. It needs only the counts of the query's terms, so a corpus that is queried once
 * takes one pass over its words and no index.
 */
export function scoreDocuments(query: Query, documents: readonly DocumentCounts[]): number[] {
  const meanLength = documents.reduce((sum, document) => sum + document.length, 0) / Math.max(1, documents.length)
  const frequencies = query.weights.map((_, term) => documents.filter(({ counts }) => (counts[term] ?? 0) > 0).length)
  const idf = frequencies.map((df) => BM25.idf(df, documents.length))
  return documents.map(({ counts, length }) => {
    const norm = BM25.norm(length, meanLength)
    let score = 0
    for (let term = 0; term < counts.length; term++) {
      const count = counts[term] ?? 0
      if (count > 0) score += (query.weights[term] ?? 0) * (idf[term] ?? 0) * BM25.gain(count, norm)
    }
    return score
  })
}
