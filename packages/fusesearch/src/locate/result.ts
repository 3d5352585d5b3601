import type { CandidateFunction, ModelUse } from '../agent/index.ts'
import type { RemoteSource, ToolName } from '../search/index.ts'

/** The version of {@link LocateResult}; raised when a field changes its meaning or is removed. */
export const RESULT_VERSION = 1

/** A function that the fix must change. Lines count from 1, both ends included, decorators too. */
export interface LocatedFunction {
  /** Qualified within the file: `Class.method`. */
  readonly name: string
  readonly startLine: number
  readonly endLine: number
  readonly score: number
}

/** What a call showed as evidence for a file. `turn` counts from 1, `call` from 0 within it, as in the trajectory. */
export interface LocatedEvidence {
  readonly turn: number
  readonly call: number
  readonly tool: ToolName
  /** The call's pattern or path; cut at 200 characters. */
  readonly asked: string
  readonly startLine: number
  readonly endLine: number
  /** A few words: why these lines count. */
  readonly reason: string
  /** The first of the lines as the call showed it, cut at 200 characters; empty if the call showed only paths. */
  readonly text: string
}

/** An earlier commit that supports a file: its message is similar, and it changed the file. */
export interface LocatedCommit {
  /** The first twelve characters of its hash. */
  readonly id: string
  /** Day of the commit, `YYYY-MM-DD`, UTC. */
  readonly date: string
  readonly subject: string
  /** The words that it shares with the issue, and what it changed in the answer. */
  readonly reason: string
}

/** A file of the committed answer, its functions best first. */
export interface LocatedFile {
  /** Relative to the repository, with `/`. */
  readonly path: string
  readonly score: number
  readonly functions: readonly LocatedFunction[]
  readonly evidence: readonly LocatedEvidence[]
  /** Best first, at most two; empty without history, or if no commit supports the file. */
  readonly commits: readonly LocatedCommit[]
}

/** The cost of one localization. */
export interface LocateStats {
  readonly turns: number
  readonly calls: number
  /** Calls of each turn. */
  readonly breadth: readonly number[]
  /** Mean gain of the calls (e in arXiv 2601.19568 §3), in [0, 1]; null without a call. */
  readonly efficiency: number | null
  /** Share of calls that showed nothing new; null without a call. */
  readonly redundancy: number | null
  /** UTF-8 bytes of all observations as shown to a model. */
  readonly bytesShown: number
  /** Milliseconds; `total` includes the others and the time between them. */
  readonly ms: {
    readonly total: number
    /** Opening the repository: the checks and the file list. */
    readonly open: number
    readonly policy: number
    readonly tools: number
    /** Checking the answer against the repository. */
    readonly check: number
  }
  /** The cost of the policy's model; left out by policies without a model. */
  readonly model?: ModelUse
}

/** The result of a localization. Every path and range in it was checked against the repository. */
export interface LocateResult {
  readonly version: typeof RESULT_VERSION
  readonly policy: string
  readonly seed: number
  /** The answer: short, best first. */
  readonly files: readonly LocatedFile[]
  /** The ranking behind it: at most 10 files and 20 functions. */
  readonly candidates: {
    readonly files: readonly { readonly path: string; readonly score: number }[]
    readonly functions: readonly CandidateFunction[]
  }
  /** In [0, 1]: how sure the policy is that the first file is right. */
  readonly confidence: number
  /** Why the search ended. */
  readonly stoppedBy: string
  readonly stats: LocateStats
  /** For a search outside a folder: the repositories of the answer and its ranking, each with its commit. */
  readonly sources?: readonly RemoteSource[]
  /** Limits that cut results, and parts of the answer that were wrong, each with the next step. */
  readonly notices: readonly string[]
}
