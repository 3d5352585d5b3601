import { languageOf } from 'fusesearch/code'
import type { PathChange } from 'fusesearch/git'
import { type Gold, isTestPath } from '../../datasets/index.ts'

/** Minimum characters of a text, counting a run of whitespace as one; the paper drops "short" issues. */
export const MIN_TEXT_CHARACTERS = 100
/** Minimum characters of a commit message below its first line, because a title alone isn't an issue. */
export const MIN_BODY_CHARACTERS = 60
/** A longer commit message is a changelog or describes a whole branch. */
export const MAX_MESSAGE_CHARACTERS = 10_000
/** Maximum number of gold files, without tests: a larger change doesn't answer one issue. */
export const MAX_FILES = 10

/** Why a row or a commit gave no sample, in the order of checking. The first reason that applies is counted. */
export const FILTERS = {
  'bad-row': 'the line is not an instance',
  'evaluation-repository': 'the repository is in an evaluation set',
  'excluded-repository': 'the repository is in a dataset named with --exclude',
  duplicate: 'an earlier row has the same id, or the same change of the same commit',
  'repository-missing': "the repository doesn't exist",
  'root-commit': 'the commit has no parent',
  revert: 'the commit reverts another one, or reverts a revert',
  'branch-merge': 'the commit merges a branch and says nothing about it',
  'dependency-update': 'the commit updates a dependency',
  release: 'the commit makes a release',
  'formatting-only': 'the change affects only layout: whitespace, quotes, trailing commas',
  documentation: 'the change affects only documentation, comments or spelling',
  'short-text': `the text has fewer than ${MIN_TEXT_CHARACTERS} characters, or a message fewer than ${MIN_BODY_CHARACTERS} below its title`,
  'long-text': `the message has more than ${MAX_MESSAGE_CHARACTERS} characters`,
  'covered-by-merge': 'a merge that gave a sample contains the commit',
  'commit-missing': 'the repository lacks the commit or its parent',
  'contents-missing': 'the repository lacks contents of the change',
  'patch-unreadable': "the patch can't be read or doesn't apply",
  'tests-only': 'the change affects only tests',
  'no-code-change': 'the change affects no existing function',
  'too-many-files': `more than ${MAX_FILES} files were changed, tests not counted`,
  'adds-file': 'the change adds a file',
  'adds-function': 'the change adds a function, method or class',
} as const

/** The name of a filter. */
export type FilterName = keyof typeof FILTERS

/** The filter that drops a text; undefined when it is long enough. */
export function filterText(text: string): FilterName | undefined {
  return countCharacters(text) < MIN_TEXT_CHARACTERS ? 'short-text' : undefined
}

/** Characters of a text, counting a run of whitespace as one. */
export function countCharacters(text: string): number {
  return text.replaceAll(/\s+/g, ' ').trim().length
}

/** Changes that are kept although the paper drops them. */
export interface KeptChanges {
  /** Those that add files or functions. */
  readonly additions: boolean
  /** Those that change no function: of settings, scripts, build files, templates, documents. */
  readonly anyFile: boolean
}

/** The filter that drops a change because of its gold, such as one that changes no function; undefined for none. */
export function filterGold(gold: Gold, keeps: KeptChanges): FilterName | undefined {
  if (gold.testsOnly) return 'tests-only'
  if (gold.files.length === 0 || !(gold.touchesFunction || keeps.anyFile)) return 'no-code-change'
  if (gold.files.length > MAX_FILES) return 'too-many-files'
  if (keeps.additions) return undefined
  if (gold.addsFile) return 'adds-file'
  return gold.addsFunction ? 'adds-function' : undefined
}

/**
 * Whether a file only records changes: changelogs, release notes, news fragments. Many projects want an entry from each
 * commit, but no issue asks for it, so it isn't gold.
 */
export function isRecordPath(path: string): boolean {
  const isProse = languageOf(path) === undefined
  return isProse && path.split('/').some((part) => RECORD.test(part))
}

const RECORD =
  /^(?:change[-_ ]?logs?|changes|changelog\.d|news|newsfragments|history|whats?[-_ ]?new|release[-_ ]?notes?|releases|upcoming[-_]changes|authors|contributors|credits)(?:\.\w+)*$/i

/** The filter that drops a change by its paths alone, before it is read; undefined when it must be read. */
export function filterPaths(changes: readonly PathChange[], keeps: KeptChanges): FilterName | undefined {
  const fixed = changes.filter(({ path }) => !isTestPath(path) && !isRecordPath(path))
  if (fixed.length === 0) return changes.some(({ path }) => isTestPath(path)) ? 'tests-only' : 'no-code-change'
  const atBase = fixed.filter(({ status }) => status !== 'A')
  if (!atBase.some(({ path }) => keeps.anyFile || languageOf(path) !== undefined)) return 'no-code-change'
  if (atBase.length > MAX_FILES) return 'too-many-files'
  const deleted = fixed.filter(({ status }) => status === 'D').length
  // A renamed file appears as one deleted and one added file.
  return !keeps.additions && fixed.length - atBase.length > deleted ? 'adds-file' : undefined
}

/** The filter that drops a patch that changes only layout or comments of code; undefined for any other. */
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

/** Code without whitespace, kinds of quotes and trailing commas. A change of indentation counts as layout too. */
function withoutLayout(lines: readonly string[]): string {
  return lines
    .join('')
    .replaceAll(/\s+/g, '')
    .replaceAll(/['"`]/g, '"')
    .replaceAll(/,(?=[)\]}])/g, '')
}
