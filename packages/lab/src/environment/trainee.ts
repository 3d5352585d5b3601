import type { ChatModel, ChatReply, ChatRequest, Message } from 'fusesearch/models'

/** What the trainee is shown: the messages added since its last request. */
export type Asked = readonly Message[]

/**
 * The model of an episode, played by the client: the loop's request becomes an observation, the client's action its
 * reply. So an episode is a run of the LLM policy, and a trainee reads exactly what it will read in use.
 */
export class Trainee implements ChatModel {
  readonly name = 'trainee'
  readonly endpoint = 'environment'
  readonly #onAsked: (added: Asked) => void
  #shown = 0
  #reply: ((reply: ChatReply) => void) | undefined

  constructor(onAsked: (added: Asked) => void) {
    this.#onAsked = onAsked
  }

  complete({ messages }: ChatRequest, signal: AbortSignal): Promise<ChatReply> {
    // After the first request, the trainee's own last turn comes before the new messages.
    const added = messages.slice(this.#shown === 0 ? 0 : this.#shown + 1)
    this.#shown = messages.length
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#reply = (reply) => {
        signal.removeEventListener('abort', onAbort)
        resolve(reply)
      }
      this.#onAsked(added)
    })
  }

  /** Replies to the waiting request. Throws if there is none: steps come one after another. */
  reply(reply: Pick<ChatReply, 'text' | 'toolCalls'>): void {
    const resolve = this.#reply
    if (resolve === undefined) throw new Error('the trainee was not asked')
    this.#reply = undefined
    const finish = reply.toolCalls.length > 0 ? 'tool-calls' : 'stop'
    resolve({ ...reply, reasoning: '', finish, usage: null, retries: [], ms: 0 })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
