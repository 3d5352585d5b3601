/** `#123`, `GH-123` and links to an issue or pull request. */
const ISSUE = /(?:#|\bgh-|\/(?:issues|pull|ticket)\/)(\d{1,7})\b/gi
const HASH = /\b[0-9a-f]{7,40}\b/g

/** The references in a text, in the form that a query uses: `#123`, and the first seven digits of a commit id. */
export function findReferences(text: string): readonly string[] {
  return [...new Set([...issuesIn(text), ...hashesIn(text)])]
}

/** The issues and commits that a text names, as terms. They contain a `#` or a space, so no word can equal one. */
export function referencesOf(text: string): readonly string[] {
  return [...issuesIn(text), ...hashesIn(text).map(commitReference)]
}

/** The term for a commit, made from its id or from at least its first seven digits. */
export function commitReference(id: string): string {
  return `commit ${id.slice(0, 7)}`
}

function issuesIn(text: string): string[] {
  return [...text.matchAll(ISSUE)].map(([, number]) => `#${Number(number)}`)
}

/** The first seven digits of each commit id in a text. A word of only digits or only letters is no commit id. */
function hashesIn(text: string): string[] {
  const words = (text.match(HASH) ?? []).filter((word) => /\d/.test(word) && /[a-f]/.test(word))
  return words.map((word) => word.slice(0, 7))
}
