import { BM25 } from './bm25.ts'
import type { CommitIndex, Walk } from './commit-index.ts'
import { commitReference, referencesOf } from './references.ts'
import { termsOfText } from './terms.ts'

/** The BM25 score of each walked commit's message, in the walk's order; 0 for one without a word of the query. */
export function scoreCommits(query: string, index: CommitIndex, { order }: Walk): Float64Array {
  const asked = new Map<string, number>()
  for (const term of [...termsOfText(query), ...referencesOf(query)]) asked.set(term, (asked.get(term) ?? 0) + 1)
  const { vocabulary, termStart, terms, counts, lengths } = index.columns
  const weights = Float64Array.from(vocabulary, (term) => asked.get(term) ?? 0)
  const own = ownReferences(asked, index)
  const documents = new Uint32Array(vocabulary.length)
  let length = 0
  for (const place of order) {
    length += lengths[place] ?? 0
    for (let at = termStart[place] ?? 0; at < (termStart[place + 1] ?? 0); at++) {
      const term = terms[at] ?? 0
      documents[term] = (documents[term] ?? 0) + 1
    }
  }
  const meanLength = length / Math.max(1, order.length)
  const idf = Float64Array.from(documents, (df) => BM25.idf(df, order.length))
  return Float64Array.from(order, (place) => {
    const norm = BM25.norm(lengths[place] ?? 0, meanLength)
    let score = own(place) * BM25.gain(1, norm) * BM25.idf(1, order.length)
    for (let at = termStart[place] ?? 0; at < (termStart[place + 1] ?? 0); at++) {
      const term = terms[at] ?? 0
      const weight = weights[term] ?? 0
      if (weight > 0) score += weight * (idf[term] ?? 0) * BM25.gain(counts[at] ?? 0, norm)
    }
    return score
  })
}

/** How often the query names the commit by its id. */
function ownReferences(asked: ReadonlyMap<string, number>, index: CommitIndex): (place: number) => number {
  const hasCommits = [...asked.keys()].some((term) => term.startsWith('commit '))
  return hasCommits ? (place) => asked.get(commitReference(index.idOf(place))) ?? 0 : () => 0
}
