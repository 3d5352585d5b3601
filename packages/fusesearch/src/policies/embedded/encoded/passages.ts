import { passageText } from '../../../encoder/index.ts'
import type { KnownFile } from '../knowledge.ts'
import type { RankedFunction } from '../rank-functions.ts'

/** Lines of a passage at most; an encoder reads some 100 tokens of them. */
const MAX_LINES = 60
/** Names of an outline at most. */
const MAX_NAMES = 60
/** Lines above a function in which its comment may stand. */
const MAX_COMMENT_LINES = 8
const COMMENT = /^\s*(?:#|\/\/|\/\*|\*|--|;|%)/
/** Lines at the top of a file that don't say what it is about. */
const IMPORT =
  /^\s*(?:#!|#\s*include\b|import\b|from\b.*\bimport\b|using\b|use\b|package\b|require\b|(?:const|var)\b.*=\s*require\b|@)/

/** What an issue is compared with: its text, from the title on. */
export function issuePassage(issue: string): string {
  return passageText(issue)
}

/** A file in short: its path and the names of what it defines, or else its first lines behind licence and imports. */
export function outlinePassage(file: KnownFile, names: readonly string[]): string {
  return names.length > 0 ? passageText([file.path, ...names.slice(0, MAX_NAMES)].join('\n')) : headPassage(file)
}

function headPassage({ path, read }: KnownFile): string {
  const lines = (read?.lines ?? []).slice(0, 3 * MAX_LINES)
  const text = lines.slice(endOfLicence(lines)).filter((line) => !IMPORT.test(line))
  return passageText([path, ...text.slice(0, MAX_LINES)].join('\n'))
}

/** A function in short: its name, the comment above it, its signature and its body. */
export function functionPassage({ file, definition, part }: RankedFunction): string {
  const lines = file.read?.lines ?? []
  const { startLine, endLine } = part ?? definition
  let comment = definition.startLine - 1
  const highest = Math.max(0, comment - MAX_COMMENT_LINES)
  while (comment > highest && COMMENT.test(lines[comment - 1] ?? '')) comment -= 1
  const above = lines.slice(comment, definition.startLine - 1)
  const body = lines.slice(startLine - 1, Math.min(endLine, startLine + MAX_LINES))
  return passageText([definition.name, ...above, ...body].join('\n'))
}

/** The number of lines of the licence at the top of a file: a comment that has the word in it. */
function endOfLicence(lines: readonly string[]): number {
  const first = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#!'))
  if (first === -1) return 0
  const length = lines.slice(first).findIndex((line) => !COMMENT.test(line))
  const end = length === -1 ? lines.length : first + length
  return /licen[sc]e|copyright/i.test(lines.slice(first, end).join('\n')) ? end : 0
}
