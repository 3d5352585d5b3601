import { makeQuery, scoreDocuments } from './bm25.ts'
import type { PastCommit } from './commit-history.ts'
import { createCounter, termsOfText } from './terms.ts'

/** Characters of a message that count; longer ones are logs of many changes. */
const MAX_MESSAGE_CHARACTERS = 4_000

/** BM25 of each commit's message, in their order; 0 where no word of the query stands in it. */
export function scoreMessages(query: string, commits: readonly PastCommit[]): number[] {
  const terms = makeQuery([...termsOfText(query), ...referencesIn(query)])
  const count = createCounter(terms)
  const documents = commits.map(({ id, message }) => {
    const text = message.slice(0, MAX_MESSAGE_CHARACTERS)
    const document = count(text)
    for (const reference of [...referencesIn(text), shortId(id)]) {
      const index = terms.indexOf.get(reference)
      if (index !== undefined) document.counts[index] = (document.counts[index] ?? 0) + 1
    }
    return document
  })
  return scoreDocuments(terms, documents)
}

/** `#123`, `GH-123` and links to an issue or pull request; commit ids of at least seven digits. */
const REFERENCE = /(?:#|\bgh-|\/(?:issues|pull|ticket)\/)(\d{1,7})\b|\b(?=[a-f]*\d)(?=\d*[a-f])([0-9a-f]{7,40})\b/gi

/** The references in a text, each in one form however it is written. */
function referencesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].map(([, number, id = '']) =>
    number === undefined ? shortId(id.toLowerCase()) : `#${Number(number)}`,
  )
}

function shortId(id: string): string {
  return `commit ${id.slice(0, 7)}`
}
