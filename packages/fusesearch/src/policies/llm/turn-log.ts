import type { PastTurn } from '../../agent/index.ts'
import type { Call } from '../../search/index.ts'
import type { HeldCall, HeldResult } from './conversation.ts'
import type { Interpreted } from './reply/interpret.ts'
import type { ShownCall } from './show/show-turn.ts'

/** A call of a reply, waiting for the results of its turn. */
export interface PendingCall {
  readonly held: HeldCall
  /** Its place among the calls that went to the loop, or what it is told instead. */
  readonly outcome:
    | { readonly kind: 'run'; readonly index: number }
    | { readonly kind: 'told'; readonly message: string }
  /** Beyond the policy's own breadth. */
  readonly isCut: boolean
  /** What was repaired in it, told with its result. */
  readonly notes: readonly string[]
}

/** A reply whose calls were sorted: those to run, and a word for each of the others. */
export interface SortedCalls {
  readonly pending: readonly PendingCall[]
  readonly calls: readonly Call[]
}

/** Characters of a call that stand in its folded result. */
const MAX_ASKED = 120

/** Sorts the calls of a reply; those beyond the breadth are told so. `idOf` gives each an id that is unique in the run. */
export function sortCalls(
  interpreted: readonly Interpreted[],
  options: { readonly breadth: number; readonly idOf: (asked: string | undefined) => string },
): SortedCalls {
  const calls: Call[] = []
  const outcomeOf = (one: Interpreted): PendingCall['outcome'] => {
    if (one.kind === 'problem') return { kind: 'told', message: one.message }
    if (one.kind === 'answer') return { kind: 'told', message: 'The answer was not taken.' }
    if (calls.length >= options.breadth) return { kind: 'told', message: cutMessage(options.breadth) }
    return { kind: 'run', index: calls.push(one.call) - 1 }
  }
  const pending = interpreted.map((one): PendingCall => {
    const outcome = outcomeOf(one)
    const held = { id: options.idOf(one.id), name: one.name, argumentsText: one.argumentsText }
    return { held, outcome, isCut: one.kind === 'call' && outcome.kind === 'told', notes: one.notes }
  })
  return { pending, calls }
}

/** The result of each pending call, from the turn as it ran. */
export function resultsOf(
  pending: readonly PendingCall[],
  ran: { readonly past: PastTurn; readonly shown: readonly ShownCall[] },
): readonly HeldResult[] {
  return pending.map(({ held, outcome, notes }) => {
    if (outcome.kind === 'told') return { text: outcome.message, folded: outcome.message }
    const shown = ran.shown[outcome.index]
    // The loop cut it off: it is not among the calls that ran.
    if (shown === undefined)
      return { text: cutMessage(ran.past.calls.length), folded: cutMessage(ran.past.calls.length) }
    const asked = `${held.name} ${held.argumentsText}`.slice(0, MAX_ASKED)
    const text = [shown.text, ...notes.map((note) => `[${note}]`)].join('\n')
    return { text, folded: `[${asked}: folded, ${Buffer.byteLength(text)} bytes. Call it again to see it.]` }
  })
}

/** Gives ids: the endpoint's own where it is fit to be sent back and new, else nine letters and digits as some demand. */
export function createIds(): (asked: string | undefined) => string {
  const taken = new Set<string>()
  return (asked) => {
    let id = asked !== undefined && /^[\w-]{1,64}$/.test(asked) ? asked : ''
    for (let number = taken.size + 1; id === '' || taken.has(id); number++)
      id = `call${String(number).padStart(5, '0')}`
    taken.add(id)
    return id
  }
}

function cutMessage(breadth: number): string {
  return `Not run: a turn may hold ${breadth} ${breadth === 1 ? 'call' : 'calls'}. Issue it in a later turn if you still need it.`
}
