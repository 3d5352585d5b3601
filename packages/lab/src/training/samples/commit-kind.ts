import type { LoggedCommit } from 'fusesearch/git'
import { cleanMessage } from './commit-text.ts'
import { countCharacters, type FilterName, filterText, MAX_MESSAGE_CHARACTERS, MIN_BODY_CHARACTERS } from './filters.ts'
import type { SampleKind } from './sample.ts'

/** A commit read as an issue, or the filter that its message falls to. */
export type ReadCommit =
  | { readonly ok: true; readonly kind: SampleKind; readonly text: string }
  | { readonly ok: false; readonly filter: FilterName }

/** Of a longer first line only so much is looked at for its kind. */
const MAX_TITLE_CHARACTERS = 300

/** What the first line of a message tells, in the order of asking. */
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
const PULL_REQUEST_MERGE = /^Merge (?:pull request #|PR #|MR !)\d+|^\s*See merge request \S+!\d+/m
const CLOSES =
  /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?:\s+(?:issue|bug|ticket))?[\s:]+(?:[\w.-]+\/[\w.-]+)?(?:#|gh-|https?:\/\/\S+\/issues\/)\d+/i

/** Reads the message of a commit: of which kind it is, and whether it says enough to search by. */
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
