import { FuseSearchError } from '../core/index.ts'

/** The limits of a run. */
export interface Budget {
  /** Turns, including the answering one; on the last turn only an answer is accepted. */
  readonly maxTurns: number
  /** Calls per turn; further calls are cut and recorded. */
  readonly maxBreadth: number
  /** UTF-8 bytes that the observations of a run may show. */
  readonly maxBytes: number
  /** Milliseconds from the start until the best answer so far is taken; null without a deadline. */
  readonly deadlineMs: number | null
}

export const DEFAULT_MAX_TURNS = 6
/** The paper's model issues 2 to 8 calls a turn (§2). */
export const DEFAULT_MAX_BREADTH = 8
export const DEFAULT_MAX_BYTES = 4_000_000

export const DEFAULT_BUDGET: Budget = {
  maxTurns: DEFAULT_MAX_TURNS,
  maxBreadth: DEFAULT_MAX_BREADTH,
  maxBytes: DEFAULT_MAX_BYTES,
  deadlineMs: null,
}

/** Fills a budget with the defaults. Throws `bad-argument` for an impossible number. */
export function resolveBudget(asked: Partial<Budget> = {}): Budget {
  const budget = { ...DEFAULT_BUDGET, ...asked }
  for (const name of ['maxTurns', 'maxBreadth', 'maxBytes'] as const) {
    if (Number.isSafeInteger(budget[name]) && budget[name] >= 1) continue
    throw badBudget(name, budget[name], `a whole number of at least 1, for example ${DEFAULT_BUDGET[name]}`)
  }
  const { deadlineMs } = budget
  if (deadlineMs !== null && !(Number.isFinite(deadlineMs) && deadlineMs > 0)) {
    throw badBudget('deadlineMs', deadlineMs, 'milliseconds above 0, or null for no deadline')
  }
  return budget
}

function badBudget(name: keyof Budget, value: number, wanted: string): FuseSearchError {
  return new FuseSearchError(`The budget ${name} is ${value}. Give ${wanted}.`, { code: 'bad-argument' })
}
