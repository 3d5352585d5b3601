/**
 * The paper's three read-only tools and `history`, which the product adds: arguments, observations and limits (arXiv
 * 2601.19568 §2; docs/architecture.md lists the limits).
 */

/** `content`: matching lines with numbers; `paths`: files with a match; `counts`: occurrences (not lines) per file. */
export type GrepMode = 'content' | 'paths' | 'counts'

/** Arguments of `grep`. */
export interface GrepArguments {
  /** A Rust regular expression, or plain text with `literal`. Matched line by line. */
  readonly pattern: string
  readonly mode?: GrepMode
  /** Lines shown before and after each match (`content` only). */
  readonly context?: number
  readonly ignoreCase?: boolean
  /** Match whole words only. */
  readonly word?: boolean
  readonly literal?: boolean
  /** Path patterns that narrow the files searched; one that begins with `!` takes files away. */
  readonly globs?: readonly string[]
  /** At most this many matching lines (`content`) or files (`paths`, `counts`). */
  readonly headLimit?: number
}

/** Arguments of `glob`. */
export interface GlobArguments {
  /** Path patterns; a file is named when it matches one of them and none that begins with `!`. */
  readonly patterns: readonly string[]
  readonly ignoreCase?: boolean
  readonly headLimit?: number
}

/** Arguments of `read_file`. Lines count from 1 and both ends are included. */
export interface ReadFileArguments {
  readonly path: string
  readonly startLine?: number
  readonly endLine?: number
}

/** Arguments of `history`, which has commits to search in a git repository only. */
export interface HistoryArguments {
  /**
   * Words and names, `#123` and commit ids. Commits before the one searched whose message holds any of them are ranked;
   * rare ones count more, and so does one that is repeated.
   */
  readonly query: string
  /** Commits at most; 20 when left out. */
  readonly headLimit?: number
}

/** One tool call as a policy issues it. */
export type Call =
  | { readonly tool: 'grep'; readonly arguments: GrepArguments }
  | { readonly tool: 'glob'; readonly arguments: GlobArguments }
  | { readonly tool: 'read_file'; readonly arguments: ReadFileArguments }
  | { readonly tool: 'history'; readonly arguments: HistoryArguments }

export type ToolName = Call['tool']

/** The tools of the paper, which every run has; a run with only these is in the paper's mode. */
export const PAPER_TOOLS: readonly ToolName[] = ['grep', 'glob', 'read_file']
/** These and `history`: what the product offers wherever there are commits. */
export const ALL_TOOLS: readonly ToolName[] = [...PAPER_TOOLS, 'history']

/** Why a call failed. A failure doesn't affect the other calls of the turn. */
export type CallFailureCode =
  | 'aborted'
  | 'bad-arguments'
  | 'bad-pattern'
  | 'binary-file'
  | 'not-a-file'
  | 'not-found'
  | 'outside-repository'
  | 'over-budget'
  | 'timed-out'
  | 'too-large'
  | 'unavailable'
  | 'unreadable'

/** A limit that cut the result: which one, how much was left out, and how to see more. Always shown. */
export interface Notice {
  readonly limit:
    | 'callBytes'
    | 'callLines'
    | 'fileLines'
    | 'fileSize'
    | 'headLimit'
    | 'history'
    | 'lineLength'
    | 'moved'
    | 'pattern'
    | 'runBytes'
    | 'unreached'
  readonly message: string
}

/** A line as shown; `text` is without its line terminator, cut at the caller's `maxLineLength`. */
export interface ShownLine {
  readonly line: number
  readonly text: string
}

/** A line of a grep result; `isMatch` is false for context lines. */
export interface GrepLine extends ShownLine {
  readonly isMatch: boolean
}

/** What every successful observation carries. */
interface Shown {
  readonly ok: true
  readonly notices: readonly Notice[]
  /** Only of a grep or glob without a match, if the limits ask for it: the nearest things that exist. Not a result. */
  readonly suggestions?: readonly string[]
  /** UTF-8 bytes of the observation as rendered for a model. */
  readonly bytes: number
}

/** Totals before limits. `lines` counts matching lines (content mode), `occurrences` matches (counts mode); else 0. */
export interface GrepTotals {
  readonly files: number
  readonly lines: number
  readonly occurrences: number
}

export interface GrepContentObservation extends Shown {
  readonly tool: 'grep'
  readonly mode: 'content'
  readonly files: readonly { readonly path: string; readonly lines: readonly GrepLine[] }[]
  readonly totals: GrepTotals
}

export interface GrepPathsObservation extends Shown {
  readonly tool: 'grep'
  readonly mode: 'paths'
  readonly paths: readonly string[]
  readonly totals: GrepTotals
}

export interface GrepCountsObservation extends Shown {
  readonly tool: 'grep'
  readonly mode: 'counts'
  readonly counts: readonly { readonly path: string; readonly count: number }[]
  readonly totals: GrepTotals
}

export interface GlobObservation extends Shown {
  readonly tool: 'glob'
  readonly paths: readonly string[]
  /** Files that matched before any limit. */
  readonly total: number
}

export interface ReadFileObservation extends Shown {
  readonly tool: 'read_file'
  readonly path: string
  readonly lines: readonly ShownLine[]
  readonly totalLines: number
}

/** A commit that matched the query. */
export interface HistoryCommit {
  /** The first characters of its hash. */
  readonly id: string
  /** Day of the commit, `YYYY-MM-DD`, UTC. */
  readonly date: string
  readonly subject: string
  /** BM25 of its message; comparable within one observation. */
  readonly score: number
  /** Files of the tree that it changed, by path, at most 20. */
  readonly paths: readonly string[]
  /** All paths that it changed, including removed ones; null if the clone lacks them. */
  readonly changed: number | null
}

/** Lines of a file as it is now that a commit wrote, or the beginning of the function in which it wrote some. */
export interface HistoryLines {
  readonly startLine: number
  readonly endLine: number
  /** Of one of the commits, as it is shown. */
  readonly commit: string
  /** In (0, 1]: how near its commit comes to the best one; less where it changed many places. */
  readonly score: number
}

/** A file of the tree by what the commits of an observation say of it. */
export interface HistoryPath {
  readonly path: string
  /** In (0, 1]: sum over its commits of their score, shared by the paths that each changed; 1 for the best. */
  readonly score: number
  /** Best first; left out where no line is known. */
  readonly lines?: readonly HistoryLines[]
}

export interface HistoryObservation extends Shown {
  readonly tool: 'history'
  /** Best first. */
  readonly commits: readonly HistoryCommit[]
  /** Best first. */
  readonly paths: readonly HistoryPath[]
  /** Commits that hold a word of the query. */
  readonly total: number
}

/** A mistake of the policy, or a limit. It is a value, shown to the policy. */
export interface FailedObservation {
  readonly ok: false
  readonly tool: ToolName
  readonly code: CallFailureCode
  readonly message: string
  /** Of a file that isn't there, if the limits ask for it: the nearest paths that exist. */
  readonly suggestions?: readonly string[]
  readonly bytes: number
}

export type GrepObservation = GrepContentObservation | GrepPathsObservation | GrepCountsObservation

/** The result of one call. Results of a turn come in the order of its calls. */
export type Observation =
  | GrepObservation
  | GlobObservation
  | ReadFileObservation
  | HistoryObservation
  | FailedObservation

/** Limits on what a call may show, set by the caller. */
export interface ToolLimits {
  readonly maxLinesPerCall: number
  readonly maxBytesPerCall: number
  readonly maxBytesPerRun: number
  /** UTF-16 units of one line; the rest is cut, with a notice. */
  readonly maxLineLength: number
  /** Files above this are not searched and, without a line range, not read. */
  readonly maxFileBytes: number
  readonly callTimeoutMs: number
  /** Nearest paths or names that a call without a match suggests at most; none when left out. */
  readonly suggestions?: number
}
