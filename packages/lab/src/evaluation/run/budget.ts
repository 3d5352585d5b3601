import { FuseSearchError } from 'fusesearch/core'
import type { RunIdentity } from './header.ts'

/** A contestant as the command line names it: `sequential`, or `sequential@32` for turns of its own. */
export interface ContestantName {
  readonly policy: string
  /** Null: the run's. */
  readonly maxTurns: number | null
}

/** Reads `POLICY` or `POLICY@TURNS`. Throws FuseSearchError `bad-argument` for turns that no run can have. */
export function parseContestantName(text: string): ContestantName {
  const [policy = '', turns, ...rest] = text.split('@')
  if (turns === undefined) return { policy, maxTurns: null }
  if (rest.length === 0 && /^[1-9]\d{0,4}$/.test(turns)) return { policy, maxTurns: Number(turns) }
  const message = `"${text}" gives no turns. Write a policy with its turns as ${policy}@32.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

/** The turns that a contestant of a run may take, the answering one included. */
export function turnsOf(identity: RunIdentity, contestant: string): number {
  return parseContestantName(contestant).maxTurns ?? identity.maxTurns
}
