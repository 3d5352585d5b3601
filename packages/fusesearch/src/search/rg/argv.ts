/** Which files a walk over the tree leaves out. */
export interface WalkRules {
  readonly ignoreRules: 'none' | 'respect'
  /** True if ignore files above the root count too: the root is a folder inside a git work tree, not its top. */
  readonly parentIgnores: boolean
  /** Tracked files that an ignore file matches; they are walked anyway. */
  tracked: readonly string[]
  /** Tracked files that a sparse checkout leaves out. */
  absent: readonly string[]
  /** True if git didn't list those two in time. */
  isUnsure: boolean
  /** Resolves when the three above are known. */
  known: Promise<void>
}

/** How one pattern is matched. */
export interface PatternOptions {
  readonly pattern: string
  readonly ignoreCase: boolean
  readonly word: boolean
  readonly literal: boolean
}

/** The folder in which every walk starts; ripgrep prints paths with this prefix. */
export const WALK_START = './'

// The user's configuration, colours and messages about ignore files must not change the output.
const PLAIN = ['--no-config', '--color=never', '--no-ignore-messages']
// A search doesn't report unreadable files; the listing that runs beside it does.
const QUIET = [...PLAIN, '--no-messages']

/** Most matching lines that a walk prints or counts per file; ripgrep stops reading there. */
export const MAX_LINES_PER_FILE = 10_000

const SKIPPED_TYPE = 'fusesearchskipped'

// With memory maps, ripgrep notices a NUL byte at a different point than without.
const READING = ['--no-mmap', '--max-columns=0', `--max-count=${MAX_LINES_PER_FILE}`]

/**
 * Lists the files of a walk up to a size, each path followed by NUL; tracked files that are ignored are left out. Debug messages report the larger files; ordinary
 * messages report unreadable folders and paths that are too long for the system.
 * Uses one thread: a listing mostly waits for the file system, and a search runs beside it and needs the cores.
 */
export function listArgv(rules: WalkRules, maxFileBytes: number): string[] {
  const how = ['--threads=1', '--debug', `--max-filesize=${maxFileBytes}`]
  return ['--files', '--null', ...PLAIN, ...how, ...walkArgv(rules), '--', WALK_START]
}

/** What a search over the tree prints. `lines`: numbered, under their path; the counts: `path NUL number`. */
export type SearchOutput = 'line-counts' | 'lines' | 'match-counts'

const OUTPUT_ARGV: Record<SearchOutput, readonly string[]> = {
  // `--files-with-matches` would stop before ripgrep can see that a file is binary.
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

/** How a tree is searched, for any pattern. */
export interface WalkSearch {
  readonly output: SearchOutput
  readonly maxFileBytes: number
  /** Globs of folders to skip, each starting with `!`. */
  readonly skippedFolders: readonly string[]
  /** Globs of file names to skip; they don't apply to folders. */
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
 * Prints every whole identifier (ASCII letters, digits, `_` and `$`) that contains one of the parts in any case. Sorts
 * by path, so that the start of the output is the same in every run. Parts are letters and digits.
 */
export function namesArgv(rules: WalkRules, parts: readonly string[], maxFileBytes: number): string[] {
  const walk = { output: 'lines', maxFileBytes, skippedFolders: [], skippedNames: [] } as const
  const expression = `[0-9A-Za-z_$]*(?i-u:${parts.join('|')})[0-9A-Za-z_$]*`
  return ['--only-matching', '--sort=path', ...walkSearchArgv(rules, walk), '-e', expression, '--', ...startsOf(rules)]
}

/** Searches standard input, as text whatever its bytes, and prints each match as `line number:match`. */
export function linesArgv(search: PatternOptions): string[] {
  const reading = ['--text', '--encoding=none', '--line-number', '--only-matching', '--no-filename', '--max-columns=0']
  return [...QUIET, ...reading, ...patternArgv(search), '--', '-']
}

/** Only checks whether ripgrep accepts a pattern: exit code 2 if it is invalid. */
export function verdictArgv(search: PatternOptions): string[] {
  return [...QUIET, '--quiet', ...patternArgv(search), '--', '-']
}

function walkSearchArgv(rules: WalkRules, walk: WalkSearch): string[] {
  const size = `--max-filesize=${walk.maxFileBytes}`
  const folders = walk.skippedFolders.map((glob) => `--glob=${glob}`)
  // An excluded type skips only files; a glob would skip folders of that name too.
  const types = walk.skippedNames.map((glob) => `--type-add=${SKIPPED_TYPE}:${glob}`)
  const names = types.length === 0 ? [] : [...types, `--type-not=${SKIPPED_TYPE}`]
  return [...QUIET, ...READING, '--null', ...OUTPUT_ARGV[walk.output], ...walkArgv(rules), size, ...folders, ...names]
}

// A case-insensitive glob takes a tenth of a listing's time, so only systems whose file systems fold case get it.
const NO_GIT = process.platform === 'linux' ? '--glob=!.git' : '--iglob=!.git'

/** ripgrep walks a file that is named on its command line, whatever the ignore rules say. */
function startsOf({ tracked }: WalkRules): string[] {
  return [WALK_START, ...tracked.map((path) => `${WALK_START}${path}`)]
}

/** The arguments for a walk of those tracked files only, if `argv` walks the whole tree without them. */
export function trackedArgv({ tracked }: WalkRules, argv: readonly string[]): readonly string[] | undefined {
  if (tracked.length === 0 || argv.at(-1) !== WALK_START) return undefined
  return [...argv.slice(0, -1), ...tracked.map((path) => `${WALK_START}${path}`)]
}

function walkArgv(rules: WalkRules): string[] {
  // Issues can be about hidden folders (workflows, settings), so these are searched; git's own files never are.
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
