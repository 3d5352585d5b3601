import { replaceSpans } from 'fusesearch/core'
import type { LoggedCommit } from 'fusesearch/git'
import { countCharacters, type FilterName, filterText, MAX_MESSAGE_CHARACTERS, MIN_BODY_CHARACTERS } from './filters.ts'
import type { SampleKind } from './sample.ts'

/** A commit read as an issue, or the filter that drops it. */
export type ReadCommit =
  | { readonly ok: true; readonly kind: SampleKind; readonly text: string }
  | { readonly ok: false; readonly filter: FilterName }

/** Only this much of the first line decides the kind. */
const MAX_TITLE_CHARACTERS = 300

/** Filters by the first line of a message, in order. */
const TITLES: readonly (readonly [FilterName, RegExp])[] = [
  [
    'revert',
    /^\W*(?:\w+(?:\([^)]*\))?!?:\s*)?(?:revert(?:s|ed|ing)?|back(?:ed|ing)?[ -]out|reapply|re-apply|unrevert)\b/i,
  ],
  [
    'dependency-update',
    /^\W*(?:(?:build|chore|fix|ci)\(deps[^)]*\)|deps(?:\([^)]*\))?!?:|(?:\w+(?:\([^)]*\))?!?:\s*)?(?:(?:bump|upgrade|update|pin|unpin)s?\s+(?:the\s+)?(?:dependency\b|dependencies\b|requirements\b|lock ?file|submodules?\b|pre-commit\b|[\w@./-]+\s+(?:from|to|requirement|version)\b.*\d))|\[?pre-commit(?:\.ci)?\]?\s*(?:auto)?update)/i,
  ],
  [
    'release',
    /^\W*(?:chore\(release\)|(?:release|version|tag|cut|v?\d+\.\d+(?:\.\d+)*\S*)\s*(?:version|v)?[\s:-]*(?:v?\d[\w.-]*)?\W*$|prepar(?:e|ing)\s+(?:for\s+)?(?:the\s+)?(?:next\s+)?(?:release|version|development|v?\d)|bump(?:s|ed|ing)?\s+(?:the\s+)?(?:package\s+)?(?:version|to v?\d)|(?:back to|begin|start|next) (?:development|dev)\b|\[maven-release-plugin\]|set version\b)/i,
  ],
  [
    'formatting-only',
    /^\W*(?:style|format(?:ting)?|lint|black|isort|prettier|gofmt|rustfmt)(?:\([^)]*\))?!?:|\b(?:reformat(?:s|ted|ting)?|whitespaces?|pep-?8|pycodestyle|flake8|code style|coding style|indentation|(?:run|apply|use|ran|applied) (?:black|isort|prettier|ruff|yapf|gofmt|rustfmt|clang-format|eslint|pyupgrade|linter?))\b/i,
  ],
  [
    'documentation',
    /^\W*(?:docs?|documentation|doc fix|docfix)(?:\([^)]*\))?!?\s*[:\]]|^\W*docs?\s|\bdocs?$|\b(?:typos?|docstrings?|readme|changelog|spelling|misspell\w*)\b/i,
  ],
]

const SQUASH = /\((?:#|!)\d+\)\s*$/
const PULL_REQUEST_MERGE =
  /^Merge (?:pull request #|PR #|MR !)\d+|^[^\S\n\r\u2028\u2029]*See merge request \S{1,500}!\d+/m
const CLOSES =
  /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?:\s+(?:issue|bug|ticket))?[\s:]+(?:[\w.-]+\/[\w.-]+)?(?:#|gh-|https?:\/\/\S+\/issues\/)\d+/i

/** Reads the message of a commit: its kind, and whether it has enough text for a search. */
export function readCommit({ parents, message }: LoggedCommit): ReadCommit {
  if (parents.length === 0) return dropped('root-commit')
  if (message.length > MAX_MESSAGE_CHARACTERS) return dropped('long-text')
  const isMerge = parents.length > 1
  const isSquash = !isMerge && SQUASH.test(message.split('\n')[0] ?? '')
  const { title, body } = cleanMessage(message, isSquash)
  if (isMerge && title === '') return dropped('branch-merge')
  if (/^This reverts commit [0-9a-f]{7}/m.test(message)) return dropped('revert')
  if (/^(?:Signed-off-by|Co-authored-by): (?:dependabot|renovate)\b/m.test(message)) return dropped('dependency-update')
  const found = TITLES.find(([, pattern]) => pattern.test(title.slice(0, MAX_TITLE_CHARACTERS)))
  if (found !== undefined) return dropped(found[0])
  const text = `${title}\n\n${body}`
  if (filterText(text) !== undefined || countCharacters(body) < MIN_BODY_CHARACTERS) {
    return dropped(isMerge && body === '' ? 'branch-merge' : 'short-text')
  }
  const isPullRequest = isSquash || (isMerge && PULL_REQUEST_MERGE.test(message))
  const kind = CLOSES.test(message) ? 'linked-issue' : isPullRequest ? 'merged-pull-request' : 'commit'
  return { ok: true, kind, text }
}

function dropped(filter: FilterName): ReadCommit {
  return { ok: false, filter }
}

/** Lines of a commit message that don't belong in an issue, or that name what was changed. */
const JUNK_LINES: readonly RegExp[] = [
  // Trailers: people, review links, change ids.
  /^(?:(?:signed-off|co-authored|reviewed|acked|tested|reported|suggested|approved|authored|merged|helped|pulled)-by|cc|change-id|reviewed-on|git-svn-id|ghstack-source-id|differential revision|pull-request|pr-url|original-commit|release-notes?|changelog|test plan|reviewers?|subscribers?|tasks?|tags?|backport-of|see-also|refs?|link|bug|issue|jira|fixes): /i,
  /^Fixes: [0-9a-f]{7,40}\b/i,
  /^(?:generated|created|made|committed) (?:with|by|via) \S/i,
  // Origin of a commit.
  /^\(?(?:cherry[- ]picked|backported|ported|picked) from (?:commit )?[0-9a-f#]/i,
  /^Merge (?:pull request|branch|branches|remote-tracking branch|tag|commit|PR|MR)\b/i,
  /^See merge request /i,
  // Diffstat, lists of files, ChangeLog entries of the form "* path/file.c (function): …".
  /^\S.*\s\|\s+(?:\d+\s*[+-]*|Bin\b.*)\s*$/,
  /^\d+ files? changed\b/,
  /^(?:create|delete) mode \d{6} /,
  /^(?:rename|copy) \S.* => \S/,
  /^[AMDR]\d*\s+\S+\/\S+\s*$/,
  /^[*-]?\s*[\w.+-]+(?:\/[\w.+-]+)+\.\w+\s*(?:\([^)]*\)\s*)?(?::\s*)?$/,
  /^\*\s+[\w.+/-]+\.\w+\s*\([^)]*\)\s*:/,
  // Horizontal rules, and the check-boxes of pull-request forms.
  /^(?:[-*_=]\s*){3,}$/,
  /^[-*]\s*\[[ x]\]/i,
]

/** Longer lines count as prose. */
const MAX_JUNK_CHARACTERS = 500
const REFERENCE = /(?:\b[\w.-]+\/[\w.-]+)?(?:#|!)\d+|\bgh-\d+|https?:\/\/\S+\/(?:issues|pull|merge_requests)\/\d+/gi
const REFERENCE_WORD =
  /\b(?:and|re|see|also|refs?|references?|relate[sd]? to|part of|close[sd]?|fix(?:e[sd])?|resolve[sd]?|issues?|bugs?|pr|pull request)\b/gi

/** A squash on GitHub lists the titles of the branch's commits, as paragraphs that begin with an asterisk. */
const SQUASHED_TITLE = /^\* /
const SQUASHED_LIST = /^\* .+\n\n\* /m

/** A commit message as the text of an issue. */
interface CommitText {
  readonly title: string
  /** Without the title; may be empty. */
  readonly body: string
}

/**
 * A message without what doesn't belong in an issue or reveals the answer: trailers, numbers of issues and pull
 * requests at the end of the title, lines about merges and cherry-picks, diffstats, file lists, comments of forms,
 * appended diffs. `isSquash` also leaves out the titles of squashed commits.
 */
function cleanMessage(message: string, isSquash: boolean): CommitText {
  const text = replaceSpans(message.replaceAll('\r\n', '\n'), { start: /<!--/, end: /-->/ }, '').split(
    /^(?:diff --git |@@ -\d|Index: \S)/m,
  )[0]
  const lines = (text ?? '').split('\n').filter((line) => !isJunk(line))
  const [first = '', ...rest] = lines.join('\n').trim().split('\n')
  const paragraphs = rest
    .join('\n')
    .trim()
    .split(/\n\s*\n/)
  const hasList = isSquash || SQUASHED_LIST.test(text ?? '')
  const kept = hasList ? paragraphs.filter((paragraph) => !SQUASHED_TITLE.test(paragraph)) : paragraphs
  const title = cleanTitle(first)
  // A branch with one commit repeats that commit's title, and squashes repeat more.
  const said = [...new Set([title, ...kept.map((paragraph) => paragraph.trim())])]
  return { title, body: said.slice(1).join('\n\n') }
}

function isJunk(line: string): boolean {
  // A line this long is no trailer, and some patterns would be slow on it.
  if (line.length > MAX_JUNK_CHARACTERS) return false
  const text = line.trimStart()
  const shortened = text.length > text.trimEnd().length ? `${text.trimEnd()} ` : text
  return JUNK_LINES.some((junk) => junk.test(shortened)) || isReferenceLine(line)
}

/** Whether a line only references issues: "Closes #5, #6." */
function isReferenceLine(line: string): boolean {
  const rest = line.replaceAll(REFERENCE, '')
  return rest !== line && /^\W*$/.test(rest.replaceAll(REFERENCE_WORD, ''))
}

/** Numbers at the end, `(#12)`, or before the words, `[#12]`, `gh-12:`. */
function cleanTitle(title: string): string {
  if (title.length > MAX_JUNK_CHARACTERS) return title.trim()
  const found = NUMBERS_AT_END.exec(title)
  const words = found === null ? title : title.slice(0, found.index)
  return words.replace(/^\s*(?:\[(?:#|gh-|bpo-)\d+\]|(?:#|gh-|bpo-)\d+)\s*[:-]?/i, '').trim()
}

const NUMBERS_AT_END =
  /(?:\s*[([](?:(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?|pr|issue|refs?)\b:?\s?)?(?:(?:#|gh-|!)\d+,?\s?)+[)\]])+\.?\s*$/i
