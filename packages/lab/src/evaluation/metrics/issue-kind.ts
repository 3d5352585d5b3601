import type { GoldSets } from '../score.ts'

/** What an issue reveals: whether it names a gold file or a gold function, or shows a traceback. */
export type IssueKind = 'names-file' | 'names-function' | 'has-traceback' | 'none'

/** Shorter function names don't count as named: they occur in any text. */
const SHORTEST_NAME = 3

const TRACEBACKS = [
  /Traceback \(most recent call last\)/,
  /^[^\S\n\r\u2028\u2029]*File "[^"\n]+", line \d+/m,
  /^[^\S\n\r\u2028\u2029]*at [\w$.<>[\] ]+\([^()\n]*:\d+(?::\d+)?\)/m,
  /^[^\S\n\r\u2028\u2029]*at \S{1,1000}:\d+:\d+$/m,
  /^(?:goroutine \d+ \[|panic: )/m,
  /^thread '[^'\n]*' panicked at/m,
  /^[^\S\n\r\u2028\u2029]*from \S{1,1000}\.rb:\d+:in /m,
  /^#\d+ +(?:0x[0-9a-f]+ in |\S+\.php\(\d+\))/m,
]

/**
 * The kinds of an issue, given its gold. An issue may have several kinds; `none` excludes the others.
 * A file is named by its path or its base name, a function by its short name as a whole word.
 */
export function issueKinds(issue: string, gold: GoldSets): readonly IssueKind[] {
  const kinds: IssueKind[] = []
  if (gold.files.some((path) => namesFile(issue, path))) kinds.push('names-file')
  if (gold.functions.some(({ name }) => namesFunction(issue, name))) kinds.push('names-function')
  if (TRACEBACKS.some((pattern) => pattern.test(issue))) kinds.push('has-traceback')
  return kinds.length > 0 ? kinds : ['none']
}

function namesFile(issue: string, path: string): boolean {
  const base = path.slice(path.lastIndexOf('/') + 1)
  return hasWord(issue, base)
}

function namesFunction(issue: string, name: string): boolean {
  const short = name.slice(name.lastIndexOf('.') + 1)
  return short.length >= SHORTEST_NAME && hasWord(issue, short)
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isWordAt(text, at - 1) && !isWordAt(text, at + word.length)) return true
  }
  return false
}

function isWordAt(text: string, at: number): boolean {
  return at >= 0 && at < text.length && /[\w$]/.test(text.charAt(at))
}
