import type { CallFailureCode, Observation } from 'fusesearch/search'
import type { TurnAction } from './messages.ts'
import type { Asked } from './trainee.ts'

/** The result of one call, as the model reads it. */
export interface CallResult {
  readonly id: string
  readonly name: string
  readonly content: string
  /** Why it failed, in addition to the text in `content`; null if it ran. `not-run`: it never reached the tools. */
  readonly error: CallFailureCode | 'not-run' | null
}

/** The beginning of a conversation. */
export interface Opening {
  readonly system: string
  /** The issue and the task, a user message. */
  readonly text: string
}

/** The first request of a run. */
export function showOpening(added: Asked): Opening {
  const contentOf = (role: string): string => added.find((message) => message.role === role)?.content ?? ''
  return { system: contentOf('system'), text: contentOf('user') }
}

/** A turn that has run, by its number. */
interface RanTurn {
  readonly turn: number
  readonly observations: readonly Observation[]
}

/** The messages that a step added: a result for each call in order, under the client's ids, and the user message. */
export function showAsked(
  added: Asked,
  { calls }: TurnAction,
  ran: RanTurn,
): { readonly results: readonly CallResult[]; readonly text: string | null } {
  const held = added.filter((message) => message.role === 'tool')
  const results = held.map(({ callId, name, content }, index) => {
    const id = calls[index]?.id ?? callId
    return { id, name, content, error: errorOf(content, ran) }
  })
  const said = added.flatMap((message) => (message.role === 'user' ? [message.content] : []))
  return { results, text: said.length === 0 ? null : said.join('\n\n') }
}

/** Results of the step that ended the episode: none of its calls ran. */
export function closingResults({ calls }: TurnAction, answered: boolean): readonly CallResult[] {
  return calls.map(({ id, name }, index) => {
    const isAnswer = answered && name === 'answer'
    const content = isAnswer ? 'The answer was taken. The search is over.' : 'Not run: the search is over.'
    return { id: id ?? `c${index + 1}`, name, content, error: isAnswer ? null : 'not-run' }
  })
}

/** A call that ran has its place above its result; the others have only a message. */
function errorOf(content: string, { turn, observations }: RanTurn): CallResult['error'] {
  const [, ofTurn, call] = /^\[turn (\d+), call (\d+)\]\n/.exec(content) ?? []
  const observation = Number(ofTurn) === turn ? observations[Number(call) - 1] : undefined
  if (observation === undefined) return 'not-run'
  return observation.ok ? null : observation.code
}
