/** What a walk over the tree leaves out. */
export interface WalkRules {
  readonly ignoreRules: 'none' | 'respect'
  /** True where ignore files above the root count too: the root lies strictly inside a git work tree. */
  readonly parentIgnores: boolean
  /** Files that are walked although an ignore file matches them, since git tracks them; known before the first walk. */
  tracked: readonly string[]
  /** Files that git tracks and a sparse checkout leaves out; known as early. */
  absent: readonly string[]
}

/** How one pattern is matched. */
export interface PatternOptions {
  readonly pattern: string
  readonly ignoreCase: boolean
  readonly word: boolean
  readonly literal: boolean
}

/** The folder that every walk starts in; paths come back with this prefix. */
export const WALK_START = './'

// The user's configuration, colours and messages about ignore files must not change what comes back.
const PLAIN = ['--no-config', '--color=never', '--no-ignore-messages']
// A search says nothing of files that it can't read; the listing beside it tells what is out of reach.
const QUIET = [...PLAIN, '--no-messages']

/** Matching lines of one file that a walk prints or counts; ripgrep reads no further. */
export const MAX_LINES_PER_FILE = 10_000

const SKIPPED_TYPE = 'fusesearchskipped'

// Without --no-mmap the moment at which a NUL byte is noticed depends on how a file is read.
const READING = ['--no-mmap', '--max-columns=0', `--max-count=${MAX_LINES_PER_FILE}`]

/**
 * Lists the files of a walk up to a size, each path followed by NUL. Reports the larger ones as debug messages, and
 * folders that it can't read and paths that are too long for the system by a message each.
 * One thread: a listing mostly waits for the file system and runs beside a search that wants the cores.
 */
export function listArgv(rules: WalkRules, maxFileBytes: number): string[] {
  const how = ['--threads=1', '--debug', `--max-filesize=${maxFileBytes}`]
  return ['--files', '--null', ...PLAIN, ...how, ...walkArgv(rules), '--', ...startsOf(rules)]
}

/** What a search over the tree prints. `lines`: numbered, under their path; the counts: `path NUL number`. */
export type SearchOutput = 'line-counts' | 'lines' | 'match-counts'

const OUTPUT_ARGV: Record<SearchOutput, readonly string[]> = {
  // Not `--files-with-matches`, which stops before it can see that a file is binary.
  'line-counts': ['--count', '--with-filename'],
  lines: ['--heading', '--line-number', '--with-filename'],
  'match-counts': ['--count-matches', '--with-filename'],
}

/** Searches the tree for one pattern, or only `files`, which are paths below the root. */
export function searchArgv(
  rules: WalkRules,
  search: PatternOptions,
  walk: WalkSearch & { readonly files?: readonly string[] | undefined },
): string[] {
  const starts = walk.files?.map((path) => `${WALK_START}${path}`) ?? startsOf(rules)
  return [...walkSearchArgv(rules, walk), ...patternArgv(search), '--', ...starts]
}

/** How a tree is searched, whatever for. */
export interface WalkSearch {
  readonly output: SearchOutput
  readonly maxFileBytes: number
  /** Globs, each with `!`, of folders not to go into. */
  readonly skippedFolders: readonly string[]
  /** Globs of file names not to read; they are no rule about folders. */
  readonly skippedNames: readonly string[]
}

/** Searches the tree for the lines that match at least one of several Rust expressions. */
export function fusedArgv(
  rules: WalkRules,
  expressions: readonly string[],
  walk: Omit<WalkSearch, 'output'>,
): string[] {
  const patterns = expressions.flatMap((expression) => ['-e', expression])
  return [...walkSearchArgv(rules, { ...walk, output: 'lines' }), ...patterns, '--', ...startsOf(rules)]
}

/**
 * Prints every whole identifier (of ASCII letters, digits, `_` and `$`) that holds one of the parts, whatever the case;
 * by path, so that the beginning of the output is the same in every run. Parts are letters and digits.
 */
export function namesArgv(rules: WalkRules, parts: readonly string[], maxFileBytes: number): string[] {
  const walk = { output: 'lines', maxFileBytes, skippedFolders: [], skippedNames: [] } as const
  const expression = `[0-9A-Za-z_$]*(?i-u:${parts.join('|')})[0-9A-Za-z_$]*`
  return ['--only-matching', '--sort=path', ...walkSearchArgv(rules, walk), '-e', expression, '--', ...startsOf(rules)]
}

/** Searches standard input and prints each match as `line number:match`. The input is text already, whatever its bytes. */
export function linesArgv(search: PatternOptions): string[] {
  const reading = ['--text', '--encoding=none', '--line-number', '--only-matching', '--no-filename', '--max-columns=0']
  return [...QUIET, ...reading, ...patternArgv(search), '--', '-']
}

/** Asks for nothing but ripgrep's verdict on a pattern: exit code 2 when it is invalid. */
export function verdictArgv(search: PatternOptions): string[] {
  return [...QUIET, '--quiet', ...patternArgv(search), '--', '-']
}

function walkSearchArgv(rules: WalkRules, walk: WalkSearch): string[] {
  const size = `--max-filesize=${walk.maxFileBytes}`
  const folders = walk.skippedFolders.map((glob) => `--glob=${glob}`)
  // A type that is not wanted takes away files alone, where a glob would take away folders of that name too.
  const types = walk.skippedNames.map((glob) => `--type-add=${SKIPPED_TYPE}:${glob}`)
  const names = types.length === 0 ? [] : [...types, `--type-not=${SKIPPED_TYPE}`]
  return [...QUIET, ...READING, '--null', ...OUTPUT_ARGV[walk.output], ...walkArgv(rules), size, ...folders, ...names]
}

// A glob that folds case costs a tenth of a listing, so it is kept for the systems whose file systems do so too.
const NO_GIT = process.platform === 'linux' ? '--glob=!.git' : '--iglob=!.git'

/** A file that is named is walked whatever the rules say. */
function startsOf({ tracked }: WalkRules): string[] {
  return [WALK_START, ...tracked.map((path) => `${WALK_START}${path}`)]
}

function walkArgv(rules: WalkRules): string[] {
  // Hidden folders hold workflows and settings that issues are about; git's own files are never shown.
  const hidden = ['--hidden', NO_GIT]
  if (rules.ignoreRules === 'none') return ['--no-ignore', ...hidden]
  const parents = rules.parentIgnores ? [] : ['--no-ignore-parent']
  return ['--no-require-git', '--no-ignore-global', '--no-ignore-exclude', ...hidden, ...parents]
}

function patternArgv(search: PatternOptions): string[] {
  return [
    ...(search.ignoreCase ? ['--ignore-case'] : []),
    ...(search.word ? ['--word-regexp'] : []),
    ...(search.literal ? ['--fixed-strings'] : []),
    '-e',
    search.pattern,
  ]
}
