import { type ErrorCode, FuseSearchError } from '../../core/index.ts'

/** The statuses that a failed request can have. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 413 | 415 | 429 | 500 | 503 | 504

/** What is said of a request that can't be served. */
export interface ProblemDetails {
  readonly code: string
  /** The fact and the next step. */
  readonly message: string
  readonly retryAfterSeconds?: number
}

/** A request that can't be served: becomes `{ error: { code, message } }` with its status. */
export class Problem extends Error {
  readonly status: ProblemStatus
  readonly details: ProblemDetails

  constructor(status: ProblemStatus, details: ProblemDetails) {
    super(details.message)
    this.status = status
    this.details = details
  }
}

/** Failures of the world that are the client's to mend; all others are the server's. */
const STATUS_OF: Readonly<Partial<Record<ErrorCode, ProblemStatus>>> = {
  'bad-argument': 400,
  'bad-issue': 400,
  'repository-missing': 404,
  'repository-unreadable': 403,
}

const INTERNAL = { code: 'internal', message: 'The server failed on this request; its log says why.' }

/** Any failure as a problem. A bug keeps its text out of the answer. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof FuseSearchError)) return new Problem(500, INTERNAL)
  const { code, message } = error
  return new Problem(STATUS_OF[code] ?? 500, { code, message })
}
