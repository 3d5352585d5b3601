import type { RunResult, TurnRecord } from '../agent/index.ts'
import type { CallFailureCode, Notice, Observation } from '../search/index.ts'

/** Maximum number of call limits that are reported; the trajectory has all. */
const MAX_CALL_NOTICES = 5

/** Limits that cut what one call shows; only the policy chose the call. */
const CUTS: ReadonlySet<Notice['limit']> = new Set<Notice['limit']>([
  'callBytes',
  'callLines',
  'lineLength',
  'runBytes',
])

/** Failures caused by a limit; the others are mistakes of the policy, which don't concern people. */
const LIMIT_FAILURES: ReadonlySet<CallFailureCode> = new Set<CallFailureCode>([
  'over-budget',
  'timed-out',
  'too-large',
  'unavailable',
  'unreadable',
])

/** Where the answer after a failure comes from: from the fallback policy, or from what was seen so far. */
const INSTEAD = { next: 'the answer of its fallback', answerNow: 'the best answer so far' } as const

/** Notices of a run that was cut short: by a deadline, a failure, the breadth, or a limit of a call. */
export function runNotices(run: RunResult): readonly string[] {
  const { stoppedBy, answeredBy, failure, stats, notes = [] } = run
  const calls = stats.cutCalls === 1 ? 'call was' : 'calls were'
  return [
    ...(stoppedBy === 'deadline'
      ? ['The deadline passed, so this is the best answer so far. A longer deadline lets the search finish.']
      : []),
    ...(failure === null ? [] : [`The policy failed, so this is ${INSTEAD[answeredBy]}: ${failure.message}`]),
    ...(stats.cutCalls === 0
      ? []
      : [`${stats.cutCalls} ${calls} beyond the breadth of a turn and didn't run. A larger breadth runs them.`]),
    ...notes,
    ...callNotices(run.turns),
  ]
}

/**
 * Limits of calls that matter to people, who chose none of the calls. A head limit isn't one: the policy wanted
 * no more.
 */
function callNotices(turns: readonly TurnRecord[]): readonly string[] {
  const observations = turns.flatMap((turn) => turn.observations)
  const cut = observations.filter((one) => one.ok && one.notices.some(({ limit }) => CUTS.has(limit))).length
  const told = new Set(observations.flatMap(noticesOf))
  const all = [...(cut === 0 ? [] : [cutNotice(cut)]), ...told]
  if (all.length <= MAX_CALL_NOTICES) return all
  const rest = all.length - MAX_CALL_NOTICES
  return [...all.slice(0, MAX_CALL_NOTICES), `Limits cut ${rest} more calls; a recorded trajectory lists them.`]
}

function cutNotice(calls: number): string {
  const found = calls === 1 ? '1 call of the search found' : `${calls} calls of the search found`
  return `${found} more than one call may show, and the rest was left out. To cut less, search only a folder.`
}

function noticesOf(observation: Observation): readonly string[] {
  if (!observation.ok) {
    if (!LIMIT_FAILURES.has(observation.code)) return []
    // What the history tool says is a whole sentence: a repository without history is no failure.
    return [
      observation.tool === 'history' ? observation.message : `A ${observation.tool} failed: ${observation.message}`,
    ]
  }
  const own = observation.notices.filter(({ limit }) => limit !== 'headLimit' && !CUTS.has(limit))
  // The reader can fix problems with the commits, and the last sentence says how.
  return own.map(({ limit, message }) => (limit === 'history' ? message : withoutRemedy(message)))
}

/** The last sentence of a call's notice says how to repeat the call. */
function withoutRemedy(message: string): string {
  const end = message.lastIndexOf('. ')
  return end === -1 ? message : message.slice(0, end + 1)
}
