import {
  type Answer,
  type Decision,
  EMPTY_ANSWER,
  type Policy,
  type PolicyRun,
  type RunFailure,
  type State,
} from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import { PROGRAM_LIMITS } from '../../search/index.ts'
import { answerOfPart, type Part, stateOfPart } from './part.ts'

/** The part of a run that decides turns. */
export type Decider = Pick<PolicyRun, 'next' | 'answerNow'>

/** How the runs of a fallback begin, and where it says what it did. */
export interface FallbackOptions {
  readonly policy: Policy
  readonly started: Parameters<Policy['start']>[0]
  readonly note: (sentence: string) => void
}

/**
 * The policy that stands in for a model. When the model has failed it searches as it would have without one: from the
 * start, with all of its turns and a program's limits, so that its answer is as good as without a model. Until then
 * another run of it follows what the model's calls showed, so that there is an answer at any moment.
 */
export class Fallback {
  readonly #options: FallbackOptions
  readonly #follower: PolicyRun
  #answer: Answer | undefined
  #hasSearched = false

  constructor(options: FallbackOptions) {
    this.#options = options
    this.#follower = options.policy.start(options.started)
  }

  get name(): string {
    return this.#options.policy.name
  }

  /** Its answer from all that was seen; undefined where it has none. */
  get answer(): Answer | undefined {
    return this.#answer
  }

  /** Takes the answer of a run of the same policy that has ended: there is nothing left to search. */
  takeAnswer(answer: Answer): void {
    this.#hasSearched = true
    if (answer.files.length > 0) this.#answer = answer
  }

  /** Takes in what was observed so far; runs beside the request to the model. */
  follow(state: State, signal: AbortSignal): Promise<void> {
    if (this.#hasSearched) return Promise.resolve()
    const following = this.#follow(state, signal)
    // The caller awaits it later: until then a failure must not count as unhandled.
    following.catch(() => undefined)
    return following
  }

  async #follow(state: State, signal: AbortSignal): Promise<void> {
    // On a last turn a policy takes in what it saw and answers, and issues nothing.
    const lastTurn = { ...state, left: { ...state.left, turns: 0, breadth: 0 }, mustAnswer: true }
    const decision = await this.#follower.next(lastTurn, signal)
    if (decision.kind === 'answer' && decision.answer.files.length > 0) this.#answer = decision.answer
  }

  /** Decides every turn from the part's first on; its answer carries the model's failure. */
  takeOver({ code, message }: RunFailure, part: Part): Decider {
    const { note, policy, started } = this.#options
    const run = this.#hasSearched ? undefined : policy.start(started)
    note(
      `The model failed: ${message} The policy ${this.name} ${run === undefined ? 'answered' : 'took over'} in turn ${part.from}.`,
    )
    const end = (own: Answer | undefined): Answer => {
      note(`The model failed in turn ${part.from}: this is the answer of the policy ${this.name}.`)
      return own !== undefined && own.files.length > 0 ? answerOfPart(own, part) : (this.#answer ?? own ?? EMPTY_ANSWER)
    }
    return {
      next: async (state, signal): Promise<Decision> => {
        const decision = await run?.next(stateOfPart(state, part), signal)
        if (decision?.kind === 'calls') return { ...decision, limits: PROGRAM_LIMITS }
        return { kind: 'answer', answer: end(decision?.answer), failure: { code, message } }
      },
      answerNow: (state) => end(run?.answerNow(stateOfPart(state, part))),
    }
  }
}

/** The failure of a model whose replies of a turn held nothing usable. */
export function nothingSaid(replies: number): RunFailure {
  const message = `None of the model's ${replies} replies could be used. Try another model, or --tool-form text.`
  return { code: 'model-reply-bad', message }
}

/** The failure of a model whose last turns showed nothing that was not known before. */
export function nothingNew(turns: number): RunFailure {
  const message = `The calls of the model's last ${turns} turns showed nothing new. Try another model.`
  return { code: 'model-reply-bad', message }
}

/** The failure of a model that made only calls that it had made before. */
export function onlyRepeats(): RunFailure {
  return { code: 'model-reply-bad', message: 'The model only repeated calls of earlier turns. Try another model.' }
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
