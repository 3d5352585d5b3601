import {
  type Answer,
  type Decision,
  EMPTY_ANSWER,
  type Policy,
  type PolicyRun,
  type RunFailure,
  type StartOptions,
  type State,
} from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import { PROGRAM_LIMITS } from '../../search/index.ts'
import { answerOfPart, type Part, stateOfPart } from './part.ts'

/** The part of a run that decides turns. */
export type Decider = Pick<PolicyRun, 'next' | 'answerNow'>

/** How the fallback starts its runs, and where it notes what it did. */
export interface FallbackOptions {
  readonly policy: Policy
  readonly started: StartOptions
  readonly note: (sentence: string) => void
}

/**
 * The policy that takes over when the model fails. It then searches from the start, with all of its turns and a
 * program's limits, so its answer is as good as without a model. Until then, a second run of it follows what the
 * model's calls show, so that there is always an answer.
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

  /** The answer from everything seen so far; undefined if there is none. */
  get answer(): Answer | undefined {
    return this.#answer
  }

  /** Takes the answer of a finished run of the same policy, after which there is nothing left to search. */
  takeAnswer(answer: Answer): void {
    this.#hasSearched = true
    if (answer.files.length > 0) this.#answer = answer
  }

  /** Processes the observations so far, while the request to the model runs. */
  follow(state: State, signal: AbortSignal): Promise<void> {
    if (this.#hasSearched) return Promise.resolve()
    const following = this.#follow(state, signal)
    // The caller awaits it later; until then a failure must not count as unhandled.
    following.catch(() => undefined)
    return following
  }

  async #follow(state: State, signal: AbortSignal): Promise<void> {
    // On its last turn a policy only processes what it saw and answers.
    const lastTurn = { ...state, left: { ...state.left, turns: 0, breadth: 0 }, mustAnswer: true }
    const decision = await this.#follower.next(lastTurn, signal)
    if (decision.kind === 'answer' && decision.answer.files.length > 0) this.#answer = decision.answer
  }

  /** Returns a decider for all turns of the part. Its answer carries the model's failure. */
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

/** The failure of a model whose replies in a turn contained nothing usable. */
export function nothingSaid(replies: number): RunFailure {
  const message = `None of the model's ${replies} replies could be used. Try another model, or --tool-form text.`
  return { code: 'model-reply-bad', message }
}

/** The failure of a model whose last turns showed nothing new. */
export function nothingNew(turns: number): RunFailure {
  const message = `The calls of the model's last ${turns} turns showed nothing new. Try another model.`
  return { code: 'model-reply-bad', message }
}

/** The failure of a model that only repeated earlier calls. */
export function onlyRepeats(): RunFailure {
  return { code: 'model-reply-bad', message: 'The model only repeated calls of earlier turns. Try another model.' }
}

/** The failure of a model that again answered with paths that no call had shown, after it was told to look first. */
export function neverShown(paths: readonly string[]): RunFailure {
  const [first = ''] = paths
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
  const fact = `The model answered with paths that no call had shown: ${first.slice(0, 200)}${more}.`
  return { code: 'model-reply-bad', message: `${fact} Try another model.` }
}

/** The failure of a run that has spent its model budget. */
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
