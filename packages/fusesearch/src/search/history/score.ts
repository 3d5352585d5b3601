import { makeQuery, scoreDocuments } from './bm25.ts'
import type { PastCommit } from './commit-history.ts'
import { createCounter, termsOfText } from './terms.ts'

/** Characters of a message that count; longer ones are logs of many changes. */
const MAX_MESSAGE_CHARACTERS = 4_000

/** BM25 of each commit's message, in their order; 0 where no word of the query stands in it. */
export function scoreMessages(query: string, commits: readonly PastCommit[]): number[] {
  const asked = [...issuesIn(query), ...commitsIn(query)]
  const terms = makeQuery([...termsOfText(query), ...asked])
  const count = createCounter(terms)
  const referencesIn = referenceFinder(asked)
  const documents = commits.map(({ id, message }) => {
    const text = message.length > MAX_MESSAGE_CHARACTERS ? message.slice(0, MAX_MESSAGE_CHARACTERS) : message
    const document = count(text)
    for (const reference of referencesIn(text, id)) {
      const index = terms.indexOf.get(reference)
      if (index !== undefined) document.counts[index] = (document.counts[index] ?? 0) + 1
    }
    return document
  })
  return scoreDocuments(terms, documents)
}

/** The references in a text in the forms that a query may give them: `#123`, and the first seven digits of a commit id. */
export function findReferences(text: string): readonly string[] {
  return [...new Set([...issuesIn(text), ...hashesIn(text)])]
}

/** Looks for references only of the kinds that the query has: most have none, and expressions over all messages cost. */
function referenceFinder(asked: readonly string[]): (text: string, id: string) => readonly string[] {
  const hasIssues = asked.some((reference) => reference.startsWith('#'))
  const hasCommits = asked.some((reference) => !reference.startsWith('#'))
  return (text, id) => [
    ...(hasIssues ? issuesIn(text) : []),
    ...(hasCommits ? [...commitsIn(text), commitReference(id)] : []),
  ]
}

/** `#123`, `GH-123` and links to an issue or pull request. */
const ISSUE = /(?:#|\bgh-|\/(?:issues|pull|ticket)\/)(\d{1,7})\b/gi

function issuesIn(text: string): string[] {
  return [...text.matchAll(ISSUE)].map(([, number]) => `#${Number(number)}`)
}

const HASH = /\b[0-9a-f]{7,40}\b/g

/** Commit ids of at least seven digits, by their first seven; what is all digits or all letters is some other word. */
function hashesIn(text: string): string[] {
  const words = (text.match(HASH) ?? []).filter((word) => /\d/.test(word) && /[a-f]/.test(word))
  return words.map((word) => word.slice(0, 7))
}

function commitsIn(text: string): string[] {
  return hashesIn(text).map(commitReference)
}

/** No word has a space, so it can't be taken for one. */
function commitReference(id: string): string {
  return `commit ${id.slice(0, 7)}`
}
