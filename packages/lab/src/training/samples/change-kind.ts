import { languageOf } from 'fusesearch/code'
import type { PathChange } from 'fusesearch/git'
import { isTestPath } from '../../datasets/index.ts'
import { type FilterName, MAX_FILES } from './filters.ts'

/**
 * Whether a file only records changes: changelogs, release notes, news fragments. Many projects ask each commit to
 * touch one, no issue asks for it, and so it is no gold of a commit read as an issue.
 */
export function isRecordPath(path: string): boolean {
  const isProse = languageOf(path) === undefined
  return isProse && path.split('/').some((part) => RECORD.test(part))
}

const RECORD =
  /^(?:change[-_ ]?logs?|changes|changelog\.d|news|newsfragments|history|whats?[-_ ]?new|release[-_ ]?notes?|releases|upcoming[-_]changes|authors|contributors|credits)(?:\.\w+)*$/i

/**
 * The filter that a change falls to by its paths alone, so that most need not be read; undefined where it must be.
 */
export function filterPaths(changes: readonly PathChange[]): FilterName | undefined {
  const fixed = changes.filter(({ path }) => !isTestPath(path) && !isRecordPath(path))
  if (fixed.length === 0) return changes.some(({ path }) => isTestPath(path)) ? 'tests-only' : 'no-code-change'
  const atBase = fixed.filter(({ status }) => status !== 'A')
  if (!atBase.some(({ path }) => languageOf(path) !== undefined)) return 'no-code-change'
  if (atBase.length > MAX_FILES) return 'too-many-files'
  const deleted = fixed.filter(({ status }) => status === 'D').length
  // A renamed file stands as one deleted and one added.
  return fixed.length - atBase.length > deleted ? 'adds-file' : undefined
}

/** The filter for a patch whose code changes are of layout or comments alone; undefined for any other. */
export function filterPatch(patch: string): FilterName | undefined {
  let isLayout = true
  let isComment = true
  for (const file of patch.split(/^(?=diff --git )/m)) {
    const language = languageOf(/^--- a\/(.+?)\t?$/m.exec(file)?.[1] ?? '')
    if (language === undefined) continue
    const { removed, added } = changedLines(file)
    isLayout &&= withoutLayout(removed) === withoutLayout(added)
    const comment = HASH_COMMENTS.has(language) ? /^\s*(?:#|$)/ : /^\s*(?:\/\/|\/\*|\*|$)/
    isComment &&= [...removed, ...added].every((line) => comment.test(line))
  }
  if (isComment) return 'documentation'
  return isLayout ? 'formatting-only' : undefined
}

const HASH_COMMENTS: ReadonlySet<string> = new Set(['python', 'ruby'])

function changedLines(file: string): { removed: readonly string[]; added: readonly string[] } {
  const lines = file.slice(Math.max(0, file.search(/^@@ /m))).split('\n')
  const beginning = (sign: string): string[] =>
    lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1))
  return { removed: beginning('-'), added: beginning('+') }
}

/** Code without blanks, kinds of quotes and trailing commas. A change of indentation alone counts as layout, too. */
function withoutLayout(lines: readonly string[]): string {
  return lines
    .join('')
    .replaceAll(/\s+/g, '')
    .replaceAll(/['"`]/g, '"')
    .replaceAll(/,(?=[)\]}])/g, '')
}
