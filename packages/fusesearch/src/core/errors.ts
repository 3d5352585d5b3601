/** Kinds of failures outside this program. Each code is documented where it is thrown. */
export type ErrorCode =
  | 'backend-failed'
  | 'bad-argument'
  | 'bad-issue'
  | 'bad-dataset'
  | 'bad-patch'
  | 'bad-predictions'
  | 'bad-run'
  | 'bad-trajectory'
  | 'busy-folder'
  | 'git-failed'
  | 'git-missing'
  | 'grammar-failed'
  | 'job-refused'
  | 'lab-missing'
  | 'model-missing'
  | 'model-refused'
  | 'model-reply-bad'
  | 'model-unreachable'
  | 'python-missing'
  | 'queue-mismatch'
  | 'queue-missing'
  | 'queue-unreachable'
  | 'repository-missing'
  | 'repository-unreadable'
  | 'rg-failed'
  | 'rg-missing'
  | 'snapshot-failed'
  | 'unknown-commit'
  | 'write-failed'

/** Options of {@link FuseSearchError}. */
export interface FuseSearchErrorOptions {
  readonly code: ErrorCode
  readonly cause?: unknown
}

/** Marks errors of this class across copies of it: the bundled command and the library files each hold one. */
const BRAND = Symbol.for('fusesearch.error')

/**
 * A failure outside this program (no ripgrep, broken clone, full disk); not a mistake of a policy and not a bug.
 * The message names the input, the fact and the next step, and is shown to people unchanged.
 */
export class FuseSearchError extends Error {
  override readonly name = 'FuseSearchError'
  readonly code: ErrorCode
  readonly [BRAND] = true

  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    // A subclass inherits this, and not every error with the brand is one of it.
    if (this !== FuseSearchError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && BRAND in value
  }

  constructor(message: string, options: FuseSearchErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
  }
}
