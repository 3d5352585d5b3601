import type { Answer, Decision, RunFailure, State } from '../../agent/index.ts'
import type { Companion } from './seed.ts'
import { createStandIn, type StandIn } from './stand-in.ts'

/** What there is when a turn is handed over. */
export interface HandOver {
  readonly state: State
  readonly signal: AbortSignal
  /** Settled when the fallback has taken in what was seen. */
  readonly following: Promise<void> | undefined
}

/** The policy that answers for a model that gives no answer, and searches on for one that has failed. */
export class Fallback {
  readonly name: string
  readonly #companion: Companion
  readonly #note: (sentence: string) => void
  /** Set once the model has failed. */
  #standIn: StandIn | undefined

  constructor(name: string, companion: Companion, note: (sentence: string) => void) {
    this.name = name
    this.#companion = companion
    this.#note = note
  }

  /** True from the turn on in which the model failed: the fallback decides, and the model is asked no more. */
  get isDeciding(): boolean {
    return this.#standIn !== undefined
  }

  /** Takes in what was seen, beside a request, so that its answer is ready whenever the model's fails to come. */
  follow(state: State, signal: AbortSignal): Promise<void> {
    const following = this.#companion.follow(state, signal)
    following.catch(() => undefined)
    return following
  }

  /** Its answer from all that it followed; undefined where it has none. */
  answer(): Answer | undefined {
    return this.#companion.answer()
  }

  /** Searches on from this turn, with all that was seen so far. */
  async takeOver(failure: RunFailure, { state, signal, following }: HandOver): Promise<Decision> {
    // It must have taken in what was seen before it decides.
    await following
    const { code, message } = failure
    this.#standIn = createStandIn(this.#companion, { name: this.name, turn: state.turn, failure: { code, message } })
    this.#note(this.#standIn.startNote)
    return this.next(state, signal)
  }

  /** Decides a turn behind the one in which it took over. */
  async next(state: State, signal: AbortSignal): Promise<Decision> {
    const standIn = this.#decider()
    const decision = await standIn.next(state, signal)
    if (decision.kind === 'answer') this.#note(standIn.endNote)
    return decision
  }

  /** Its best answer at once, once it decides. */
  answerNow(state: State): Answer {
    const standIn = this.#decider()
    this.#note(standIn.endNote)
    return standIn.answerNow(state)
  }

  #decider(): StandIn {
    if (this.#standIn === undefined) throw new Error('the fallback decides nothing before the model has failed')
    return this.#standIn
  }
}
