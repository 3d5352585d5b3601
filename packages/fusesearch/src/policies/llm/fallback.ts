import type { Answer, PolicyRun, RunFailure, State } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'

/** The part of a run that decides turns. */
export type Decider = Pick<PolicyRun, 'next' | 'answerNow'>

/**
 * The run of another policy beside the model's. It follows what the model's calls showed, so that its answer is ready
 * at any moment, and takes over when the model has failed.
 */
export class Fallback {
  readonly name: string
  readonly #run: PolicyRun
  readonly #note: (sentence: string) => void
  #answer: Answer | undefined

  constructor(name: string, run: PolicyRun, note: (sentence: string) => void) {
    this.name = name
    this.#run = run
    this.#note = note
  }

  /** Its answer from all that it followed; undefined where it has none. */
  get answer(): Answer | undefined {
    return this.#answer
  }

  /** Takes in what was observed so far; runs beside the request to the model. */
  follow(state: State, signal: AbortSignal): Promise<void> {
    const following = this.#follow(state, signal)
    // The caller awaits it later: until then a failure must not count as unhandled.
    following.catch(() => undefined)
    return following
  }

  async #follow(state: State, signal: AbortSignal): Promise<void> {
    // On a last turn a policy takes in what it saw and answers, and issues nothing.
    const lastTurn = { ...state, left: { ...state.left, turns: 0, breadth: 0 }, mustAnswer: true }
    const decision = await this.#run.next(lastTurn, signal)
    if (decision.kind === 'answer' && decision.answer.files.length > 0) this.#answer = decision.answer
  }

  /** Lets it search on from `turn`, with all that was seen so far; its answer carries the model's failure. */
  takeOver({ code, message }: RunFailure, turn: number): Decider {
    const noteAnswer = (): void =>
      this.#note(
        `The model failed in turn ${turn}: this is the answer of the policy ${this.name}, which continued from there.`,
      )
    this.#note(`The model failed: ${message} The policy ${this.name} continued from turn ${turn}.`)
    return {
      next: async (state, signal) => {
        const decision = await this.#run.next(state, signal)
        if (decision.kind !== 'answer') return decision
        noteAnswer()
        return { ...decision, failure: { code, message } }
      },
      answerNow: (state) => {
        noteAnswer()
        return this.#run.answerNow(state)
      },
    }
  }
}

/** The failure of a model whose replies of a turn held nothing usable. */
export function nothingSaid(replies: number): RunFailure {
  const message = `None of the model's ${replies} replies could be used. Try another model, or --tool-form text.`
  return { code: 'model-reply-bad', message }
}

/** The failure of a model whose calls led to no file at all. */
export function nothingSeen(turns: number): RunFailure {
  const asked = turns === 1 ? 'turn' : `${turns} turns`
  const message = `The model's calls of the first ${asked} showed no file. Try another model.`
  return { code: 'model-reply-bad', message }
}

/** The failure of a model that was told to look first and again answered with paths that no call had shown. */
export function neverShown(paths: readonly string[]): RunFailure {
  const [first = ''] = paths
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
  const fact = `The model answered with paths that no call had shown: ${first.slice(0, 200)}${more}.`
  return { code: 'model-reply-bad', message: `${fact} Try another model.` }
}

/** The failure of a run that may spend nothing more on its model. */
export function outOfBudget(reason: string): FuseSearchError {
  const message = `The model was not asked: ${reason}. Raise --max-tokens or --max-cost.`
  return new FuseSearchError(message, { code: 'model-refused' })
}

/** The failure of a model that used up its share of the run's deadline. */
export function tooSlow(model: string, ms: number): FuseSearchError {
  const seconds = (ms / 1_000).toFixed(1)
  const message = `The model ${model} gave no usable reply in ${seconds} s, its share of the deadline. Set a longer one with --deadline.`
  return new FuseSearchError(message, { code: 'model-unreachable' })
}
