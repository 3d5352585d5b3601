import { FuseSearchError } from '../core/index.ts'

/** Larger issues are refused: nobody writes them, and the error is hard to find in a whole log. */
export const MAX_ISSUE_BYTES = 1_000_000

/** Characters of an issue that are used; more is cut and announced. */
export const MAX_ISSUE_CHARACTERS = 100_000

/** Above this share of characters that don't occur in text, the input counts as binary. */
const MAX_JUNK_SHARE = 0.02

// biome-ignore format: one alternative per line would hide that this is one sequence.
// oxlint-disable-next-line no-control-regex -- terminal colours are control characters
const TERMINAL_SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g
// oxlint-disable-next-line no-control-regex -- binary input shows as control characters
const JUNK = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f\ufffd]/g
const URL = /^<?https?:\/\/\S+$/i

/** An issue for a policy, and notices of what was left out. */
export interface CheckedIssue {
  readonly issue: string
  readonly notices: readonly string[]
}

/**
 * Refuses input that isn't the text of an issue, and cuts what is too long.
 * Line ends become `\n`; terminal colours, which pasted logs often contain, are removed.
 * Fails with `bad-issue`: empty, above {@link MAX_ISSUE_BYTES}, binary, only addresses, no word, or the headings of an unfilled template.
 */
export function checkIssue(text: string): CheckedIssue {
  refuseSize(Buffer.byteLength(text))
  const issue = text.replace(TERMINAL_SEQUENCE, '').replace(/\r\n?/g, '\n').trim()
  if (issue === '')
    throw badIssue('The issue is empty. Pass the text of a bug report or a request: what happens, and what should.')
  refuseJunk(issue)
  if (issue.split(/\s+/).every((word) => URL.test(word))) {
    throw badIssue(
      `The issue is only an address (${issue.slice(0, 80)}), and FuseSearch fetches nothing. Pass its title and text.`,
    )
  }
  if (!/[\p{L}\p{N}]/u.test(issue))
    throw badIssue('The issue has no words. Pass the text of a bug report or a request.')
  if (isBlankTemplate(issue)) {
    throw badIssue('The issue is an unfilled template: only headings. Pass what happens, and what should.')
  }
  return cutIssue(issue)
}

/** Throws `bad-issue` if that many bytes are too many; callers that stream check before they read on. */
export function refuseSize(bytes: number): void {
  if (bytes <= MAX_ISSUE_BYTES) return
  const [size, most] = [bytes, MAX_ISSUE_BYTES].map((count) => count.toLocaleString('en'))
  throw badIssue(
    `The issue has ${size} bytes or more; the maximum is ${most}. Pass the report itself, and of a log only the part around the error.`,
  )
}

function refuseJunk(issue: string): void {
  const junk = issue.match(JUNK)?.length ?? 0
  if (!issue.includes('\0') && junk <= issue.length * MAX_JUNK_SHARE) return
  throw badIssue("The issue isn't UTF-8 text. Pass the text of the report, saved as UTF-8.")
}

/** Headings, without `#`, `*` and punctuation, that issue templates of many projects have. */
const TEMPLATE_HEADING =
  /^(?:bug report|feature request|description|(?:bug )?summary|describe the (?:bug|issue|problem)|what happened|(?:steps )?(?:to|how to) reproduce|steps|reproduction(?: steps)?|(?:expected|actual|current|observed)(?: (?:behaviou?r|results?|output))?|environment|versions?|screenshots?|logs|(?:additional|more) (?:context|information|details)|context|checklist|(?:possible|proposed) solution)$/i
const COMMENT = /<!--[^]*?(?:-->|$)/g
/** A list item, box or quote without text. */
const BLANK_ITEM = /^(?:[-*+>]|\d+\.|- \[ ?\])$/

function isBlankTemplate(issue: string): boolean {
  const lines = issue
    .replace(COMMENT, '')
    .split('\n')
    .map((line) => line.trim())
  return lines.every((line) => {
    if (line === '' || BLANK_ITEM.test(line)) return true
    if (!/^(?:#|\*\*)/.test(line)) return false
    return TEMPLATE_HEADING.test(line.replace(/[^\p{L}]+/gu, ' ').trim())
  })
}

/** Beginning and end of a long issue that are kept; the rest of {@link MAX_ISSUE_CHARACTERS} is for errors between. */
const KEPT_AT_EACH_END = 40_000

/** Of a long issue, keeps the beginning, the end and the error lines in between. */
function cutIssue(issue: string): CheckedIssue {
  if (issue.length <= MAX_ISSUE_CHARACTERS) return { issue, notices: [] }
  const first = issue.slice(0, KEPT_AT_EACH_END)
  const last = issue.slice(-KEPT_AT_EACH_END)
  const errors = errorLines(issue.slice(KEPT_AT_EACH_END, -KEPT_AT_EACH_END))
  const [length, ends] = [issue.length, KEPT_AT_EACH_END].map((count) => count.toLocaleString('en'))
  const between = errors.length === 0 ? '' : `, and ${errors.length} error lines between them,`
  const notice = `The issue has ${length} characters; the first and the last ${ends}${between} were used. Cut a log to the part around the error.`
  return { issue: [first, ...errors, last].join('\n'), notices: [notice] }
}

const NAMES_ERROR = /error|exception|fail|fatal|panic|assert|traceback|unexpected|cannot|denied|not found/i
const MAX_ERROR_LINE = 400

/** Lines that name an error, each form once, as many as fit. */
function errorLines(text: string): string[] {
  const forms = new Set<string>()
  const kept: string[] = []
  let room = MAX_ISSUE_CHARACTERS - 2 * KEPT_AT_EACH_END
  for (const line of text.split('\n')) {
    const shown = line.slice(0, MAX_ERROR_LINE)
    if (!NAMES_ERROR.test(shown)) continue
    const form = shown.replace(/\d+/g, '0')
    if (forms.has(form)) continue
    room -= shown.length + 1
    if (room < 0) break
    forms.add(form)
    kept.push(shown)
  }
  return kept
}

function badIssue(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-issue' })
}
