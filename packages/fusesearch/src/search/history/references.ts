/** `#123`, `GH-123` and links to an issue or pull request. */
const ISSUE = /(?:#|\bgh-|\/(?:issues|pull|ticket)\/)(\d{1,7})\b/gi
const HASH = /\b[0-9a-f]{7,40}\b/g

/** The references in a text in the forms that a query may give them: `#123`, and the first seven digits of a commit id. */
export function findReferences(text: string): readonly string[] {
  return [...new Set([...issuesIn(text), ...hashesIn(text)])]
}

/** The issues and commits that a text names, as terms: no word has a `#` or a space, so none can be taken for one. */
export function referencesOf(text: string): readonly string[] {
  return [...issuesIn(text), ...hashesIn(text).map(commitReference)]
}

/** The term of a commit: of its id, or of its first seven digits at least. */
export function commitReference(id: string): string {
  return `commit ${id.slice(0, 7)}`
}

function issuesIn(text: string): string[] {
  return [...text.matchAll(ISSUE)].map(([, number]) => `#${Number(number)}`)
}

/** Commit ids of at least seven digits, by their first seven; what is all digits or all letters is some other word. */
function hashesIn(text: string): string[] {
  const words = (text.match(HASH) ?? []).filter((word) => /\d/.test(word) && /[a-f]/.test(word))
  return words.map((word) => word.slice(0, 7))
}
