import { type ErrorCode, FuseSearchError } from '../../core/index.ts'

/** The statuses that a failed request can have. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 413 | 415 | 429 | 500 | 503 | 504

/** What the client learns about a request that can't be served. */
export interface ProblemDetails {
  readonly code: string
  /** The fact and the next step. */
  readonly message: string
  readonly retryAfterSeconds?: number
}

/** A request that can't be served. The response is `{ error: { code, message } }` with its status. */
export class Problem extends Error {
  readonly status: ProblemStatus
  readonly details: ProblemDetails

  constructor(status: ProblemStatus, details: ProblemDetails) {
    super(details.message)
    this.status = status
    this.details = details
  }
}

/** Failures that the client can fix, or that pass. All other failures are the server's. */
const STATUS_OF: Readonly<Partial<Record<ErrorCode, ProblemStatus>>> = {
  'bad-argument': 400,
  'bad-issue': 400,
  'queue-unreachable': 503,
  'repository-missing': 404,
  'repository-unreadable': 403,
}

const INTERNAL = { code: 'internal', message: 'The server failed on this request; its log says why.' }

/** Turns any failure into a problem. The message of a bug is not shown. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof FuseSearchError)) return new Problem(500, INTERNAL)
  const { code, message } = error
  return new Problem(STATUS_OF[code] ?? 500, { code, message })
}
