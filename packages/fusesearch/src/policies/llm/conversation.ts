import type { PastTurn } from '../../agent/index.ts'
import type { Message, ToolCall } from '../../models/index.ts'
import type { Call } from '../../search/index.ts'
import type { ToolForm } from './options.ts'
import { callKey } from './reply/call-key.ts'
import type { Interpreted } from './reply/interpret.ts'
import type { ShownCall } from './show/show-turn.ts'

/** The result of a call as the model gets it. */
export interface CallResult {
  readonly text: string
  /** The short form that replaces it when it is folded. */
  readonly folded: string
}

/** Texts that follow the results of a turn. */
export interface ResultNotice {
  readonly turn: number
  readonly notice: string
}

/** A call of the last reply that still waits for its result. */
interface OpenCall extends ToolCall {
  /** Its index among the calls that go to the loop, or why it doesn't go there. */
  readonly outcome:
    | { readonly kind: 'run'; readonly index: number }
    | { readonly kind: 'told'; readonly message: string }
  /** What was repaired in it; its result says so. */
  readonly notes: readonly string[]
}

/** Most characters of a model's prose that are sent back to it; more is babble. */
const MAX_ECHO = 4_000
/** Sent for an empty reply, since endpoints refuse a message without content. */
const NOTHING_SAID = '(no reply)'
/** Most characters of a call in its folded result. */
const MAX_ASKED = 120
/** Tells the model what to do instead of repeating a call. */
const INSTEAD = 'Read a file that it named, search for another name, or answer.'

/**
 * The messages of one run, and the calls of the last reply until they have results. Messages are only appended, so that
 * an endpoint's prompt cache stays valid. Folding is the only exception, and it is off by default.
 */
export class Conversation {
  readonly #form: ToolForm
  readonly #messages: Message[] = []
  readonly #folds = new Map<number, (() => void)[]>()
  readonly #ids = new Set<string>()
  /** Where the conversation shows the results of calls, by the call's key. */
  readonly #ran = new Map<string, { readonly turn: number; readonly call: number }>()
  #open: readonly OpenCall[] = []

  constructor(form: ToolForm, opening: { readonly system: string; readonly user: string }) {
    this.#form = form
    this.#messages.push({ role: 'system', content: opening.system }, { role: 'user', content: opening.user })
  }

  get messages(): readonly Message[] {
    return this.#messages
  }

  /**
   * Adds the model's own turn, as it was understood, and returns the calls to run. Leaves out calls beyond `breadth`,
   * calls whose results are already in the conversation, and duplicates. `cut` and `repeated` count these, and their
   * results say so.
   */
  addReply(
    prose: string,
    interpreted: readonly Interpreted[],
    breadth: number,
  ): { readonly calls: readonly Call[]; readonly cut: number; readonly repeated: number } {
    const calls: Call[] = []
    const own = new Map<string, number>()
    let repeated = 0
    const outcomeOf = (one: Interpreted): OpenCall['outcome'] => {
      if (one.kind === 'problem') return { kind: 'told', message: one.message }
      if (one.kind === 'answer') return { kind: 'told', message: 'The answer was not taken.' }
      const key = callKey(one.call)
      const message = this.#whereRan(key, own)
      if (message !== undefined) {
        repeated++
        return { kind: 'told', message }
      }
      if (calls.length >= breadth) return { kind: 'told', message: cutMessage(breadth) }
      own.set(key, calls.length)
      return { kind: 'run', index: calls.push(one.call) - 1 }
    }
    this.#open = interpreted.map((one) => {
      const { id, name, argumentsText, notes } = one
      return { id: this.#newId(id), name, argumentsText, notes, outcome: outcomeOf(one) }
    })
    this.#messages.push(this.#replyMessage(prose))
    const runnable = interpreted.filter(({ kind }) => kind === 'call').length
    return { calls, cut: runnable - repeated - calls.length, repeated }
  }

  /** The message for a call whose result is already there; undefined for a new call. */
  #whereRan(key: string, own: ReadonlyMap<string, number>): string | undefined {
    const ran = this.#ran.get(key)
    if (ran !== undefined)
      return `Not run again: its result stands above, in turn ${ran.turn}, call ${ran.call + 1}. ${INSTEAD}`
    const index = own.get(key)
    return index === undefined ? undefined : `Not run twice: it is the same as call ${index + 1} of this turn.`
  }

  /** The results of the open calls, from the turn that ran. */
  resultsOf(turn: number, past: PastTurn, shown: readonly ShownCall[]): readonly CallResult[] {
    for (const [call, one] of past.calls.entries()) this.#ran.set(callKey(one), { turn, call })
    return this.#open.map(({ name, argumentsText, outcome, notes }) => {
      const call = outcome.kind === 'run' ? shown[outcome.index] : undefined
      // The loop cut this call off, so it is not among those that ran.
      if (call === undefined) return told(outcome.kind === 'told' ? outcome.message : cutMessage(past.calls.length))
      const asked = `${name} ${argumentsText}`.slice(0, MAX_ASKED)
      const text = [call.text, ...notes.map((note) => `[${note}]`)].join('\n')
      return { text, folded: `[${asked}: folded, ${Buffer.byteLength(text)} bytes. Call it again to see it.]` }
    })
  }

  /** The results of the open calls of a rejected reply. */
  refusals(): readonly CallResult[] {
    return this.#open.map(({ outcome }) =>
      told(outcome.kind === 'told' ? outcome.message : 'Not run: only `answer` is taken now.'),
    )
  }

  /** Adds one result for each open call, and the texts after them. No call is open afterwards. */
  addResults(results: readonly CallResult[], more: ResultNotice): void {
    if (this.#open.length === 0) this.#messages.push({ role: 'user', content: more.notice })
    else if (this.#form === 'native') this.#addToolMessages(results, more)
    else this.#addResponses(results, more)
    this.#open = []
  }

  /** The first turn with unfolded results; undefined if only the last turn has some. */
  oldestShown(): number | undefined {
    const turns = [...this.#folds.keys()].sort((a, b) => a - b)
    return turns.length > 1 ? turns[0] : undefined
  }

  /** Replaces a turn's results by their short form. */
  fold(turn: number): void {
    for (const act of this.#folds.get(turn) ?? []) act()
    this.#folds.delete(turn)
    for (const [key, ran] of this.#ran) if (ran.turn === turn) this.#ran.delete(key)
  }

  #replyMessage(prose: string): Message {
    const said = prose.length > MAX_ECHO ? `${prose.slice(0, MAX_ECHO)} […]` : prose
    const toolCalls = this.#open.map(({ id, name, argumentsText }) => ({ id, name, argumentsText }))
    if (this.#form === 'native') {
      const content = said === '' && toolCalls.length === 0 ? NOTHING_SAID : said
      return { role: 'assistant', content, toolCalls }
    }
    const blocks = toolCalls.map(
      ({ name, argumentsText }) =>
        `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${argumentsText}}\n</tool_call>`,
    )
    const content = [said, ...blocks].filter((part) => part !== '').join('\n')
    return { role: 'assistant', content: content === '' ? NOTHING_SAID : content, toolCalls: [] }
  }

  #addToolMessages(results: readonly CallResult[], { turn, notice }: ResultNotice): void {
    for (const [index, { id, name }] of this.#open.entries()) {
      const { text = '', folded = '' } = results[index] ?? {}
      const tail = index === this.#open.length - 1 && notice !== '' ? `\n\n${notice}` : ''
      const message: Message = { role: 'tool', callId: id, name, content: text + tail }
      const at = this.#messages.push(message) - 1
      this.#onFold(turn, () => (this.#messages[at] = { ...message, content: folded + tail }))
    }
  }

  #addResponses(results: readonly CallResult[], { turn, notice }: ResultNotice): void {
    const contentOf = (texts: readonly string[]): string =>
      [...texts.map((text) => `<tool_response>\n${text}\n</tool_response>`), notice]
        .filter((part) => part !== '')
        .join('\n')
    const at = this.#messages.push({ role: 'user', content: contentOf(results.map(({ text }) => text)) }) - 1
    const folded = { role: 'user', content: contentOf(results.map((result) => result.folded)) } as const
    this.#onFold(turn, () => (this.#messages[at] = folded))
  }

  #onFold(turn: number, act: () => void): void {
    this.#folds.set(turn, [...(this.#folds.get(turn) ?? []), act])
  }

  /** The endpoint's id if it is new and can be sent back, else nine letters and digits, as some endpoints require. */
  #newId(given: string | undefined): string {
    let id = given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : ''
    for (let number = this.#ids.size + 1; id === '' || this.#ids.has(id); number++)
      id = `call${String(number).padStart(5, '0')}`
    this.#ids.add(id)
    return id
  }
}

function told(message: string): CallResult {
  return { text: message, folded: message }
}

function cutMessage(breadth: number): string {
  return `Not run: a turn may hold ${breadth} ${breadth === 1 ? 'call' : 'calls'}. Issue it in a later turn if you still need it.`
}
