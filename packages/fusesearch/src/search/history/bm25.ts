/** Okapi BM25's usual constants (Robertson and Zaragoza 2009). */
const K1 = 1.2
const B = 0.75

/** How often each query term occurs in a document, and the document's length in terms. */
export interface DocumentCounts {
  readonly counts: Uint32Array
  readonly length: number
}

/** A query: its terms by index, and how often it says each. */
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
 * The BM25 score of each document. Only counts of query terms are needed, so a corpus that is asked once costs one
 * pass over its words and no index.
 */
export function scoreDocuments(query: Query, documents: readonly DocumentCounts[]): number[] {
  const meanLength = documents.reduce((sum, document) => sum + document.length, 0) / Math.max(1, documents.length)
  const frequencies = query.weights.map((_, term) => documents.filter(({ counts }) => (counts[term] ?? 0) > 0).length)
  // Lucene's form of idf, which is never negative.
  const idf = frequencies.map((df) => Math.log(1 + (documents.length - df + 0.5) / (df + 0.5)))
  return documents.map(({ counts, length }) => {
    const norm = K1 * (1 - B + (B * length) / Math.max(1, meanLength))
    let score = 0
    for (let term = 0; term < counts.length; term++) {
      const count = counts[term] ?? 0
      if (count > 0) score += ((query.weights[term] ?? 0) * (idf[term] ?? 0) * count * (K1 + 1)) / (count + norm)
    }
    return score
  })
}
