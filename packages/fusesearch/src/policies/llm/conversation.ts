import type { Message, ToolCall } from '../../models/index.ts'
import type { ToolForm } from './options.ts'

/** A call as the conversation holds it. */
export type HeldCall = ToolCall

/** The result of a held call. */
export interface HeldResult {
  readonly text: string
  /** What stands in its place when it is folded. */
  readonly folded: string
}

/** Characters of what a model said beside its calls that it is shown again; more is babble. */
const MAX_ECHO = 4_000
/** Endpoints refuse a message without content. */
const NOTHING_SAID = '(no reply)'

/**
 * The messages of one run. They are only ever appended, so that an endpoint's prompt cache holds; folding is the one
 * exception, and asked for.
 */
export class Conversation {
  readonly #form: ToolForm
  readonly #messages: Message[] = []
  readonly #folds = new Map<number, (() => void)[]>()

  constructor(form: ToolForm, opening: { readonly system: string; readonly user: string }) {
    this.#form = form
    this.#messages.push({ role: 'system', content: opening.system }, { role: 'user', content: opening.user })
  }

  get messages(): readonly Message[] {
    return this.#messages
  }

  /** The model's own turn, as it was understood. */
  addReply(prose: string, calls: readonly HeldCall[]): void {
    const said = prose.length > MAX_ECHO ? `${prose.slice(0, MAX_ECHO)} […]` : prose
    if (this.#form === 'native') {
      const content = said === '' && calls.length === 0 ? NOTHING_SAID : said
      this.#messages.push({ role: 'assistant', content, toolCalls: calls })
      return
    }
    const blocks = calls.map(
      ({ name, argumentsText }) =>
        `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${argumentsText}}\n</tool_call>`,
    )
    const content = [said, ...blocks].filter((part) => part !== '').join('\n')
    this.#messages.push({ role: 'assistant', content: content === '' ? NOTHING_SAID : content, toolCalls: [] })
  }

  /** The results of the calls of the last reply, one for each, and what is said behind them. */
  addResults(
    calls: readonly HeldCall[],
    results: readonly HeldResult[],
    more: { readonly turn: number; readonly notice: string },
  ): void {
    if (calls.length === 0) this.#messages.push({ role: 'user', content: more.notice })
    else if (this.#form === 'native') this.#addToolMessages(calls, results, more)
    else this.#addResponses(results, more)
  }

  /** Puts a short form in the place of a turn's results. */
  fold(turn: number): void {
    for (const act of this.#folds.get(turn) ?? []) act()
    this.#folds.delete(turn)
  }

  #addToolMessages(
    calls: readonly HeldCall[],
    results: readonly HeldResult[],
    { turn, notice }: { readonly turn: number; readonly notice: string },
  ): void {
    for (const [index, { id, name }] of calls.entries()) {
      const { text = '', folded = '' } = results[index] ?? {}
      const tail = index === calls.length - 1 && notice !== '' ? `\n\n${notice}` : ''
      const message: Message = { role: 'tool', callId: id, name, content: text + tail }
      const at = this.#messages.push(message) - 1
      this.#onFold(turn, () => (this.#messages[at] = { ...message, content: folded + tail }))
    }
  }

  #addResponses(
    results: readonly HeldResult[],
    { turn, notice }: { readonly turn: number; readonly notice: string },
  ): void {
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
}
