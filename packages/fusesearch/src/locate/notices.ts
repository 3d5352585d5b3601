import type { RunResult, TurnRecord } from '../agent/index.ts'
import type { CallFailureCode, FailedObservation } from '../search/index.ts'
import { askedBy } from './evidence.ts'

/** Limits of calls that are told one by one; the trajectory has them all. */
const MAX_CALL_NOTICES = 5

/** UTF-16 units of a pattern or path that stand in a notice. */
const MAX_ASKED = 60

/** Failures that are a limit's doing; the others are the policy's mistakes and tell people nothing. */
const LIMIT_FAILURES: ReadonlySet<CallFailureCode> = new Set<CallFailureCode>([
  'over-budget',
  'timed-out',
  'too-large',
  'unavailable',
  'unreadable',
])

/** What the answer is after a failure: of a policy that stood in, or taken at once. */
const INSTEAD = { next: 'the answer of another in its place', answerNow: 'the best answer so far' } as const

/** What people must know of a run that was cut: by a deadline, a failure, the breadth, or a limit of a call. */
export function runNotices(run: RunResult): readonly string[] {
  const { stoppedBy, answeredBy, failure, stats, notes = [] } = run
  const calls = stats.cutCalls === 1 ? 'call was' : 'calls were'
  return [
    ...(stoppedBy === 'deadline'
      ? ['The deadline passed, so this is the best answer so far; a longer one lets the search end.']
      : []),
    ...(failure === null ? [] : [`The policy failed, so this is ${INSTEAD[answeredBy]}: ${failure.message}`]),
    ...(stats.cutCalls === 0
      ? []
      : [`${stats.cutCalls} ${calls} beyond the breadth of a turn and did not run; a larger breadth runs them.`]),
    ...notes,
    ...callNotices(run.turns),
  ]
}

function callNotices(turns: readonly TurnRecord[]): readonly string[] {
  const all = new Set(turns.flatMap(noticesOfTurn))
  if (all.size <= MAX_CALL_NOTICES) return [...all]
  const rest = all.size - MAX_CALL_NOTICES
  return [...[...all].slice(0, MAX_CALL_NOTICES), `Limits cut ${rest} more calls; a recorded trajectory names each.`]
}

function noticesOfTurn({ turn, calls, observations }: TurnRecord): readonly string[] {
  return observations.flatMap((observation, index) => {
    const call = calls[index]
    if (call === undefined) return []
    const messages = observation.ok ? observation.notices.map(({ message }) => message) : messageOfLimit(observation)
    const asked = askedBy(call).slice(0, MAX_ASKED)
    return messages.map((message) => `Turn ${turn}, ${call.tool} ${asked}: ${message}`)
  })
}

function messageOfLimit({ code, message }: FailedObservation): readonly string[] {
  return LIMIT_FAILURES.has(code) ? [message] : []
}
