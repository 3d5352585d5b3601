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
import { confidenceIn } from './answer/compose.ts'
import { answerOfPart, type Part, stateOfPart } from './part.ts'

/** The part of a run that decides turns. */
export type Decider = Pick<PolicyRun, 'next' | 'answerNow'>

/** How the fallback starts its runs, and where it notes what it did. */
export interface FallbackOptions {
  readonly policy: Policy
  readonly started: StartOptions
  /** The share of issues, in [0, 1], on which the model's first file is right. */
  readonly trust: number
  readonly note: (sentence: string) => void
}

/**
 * The policy that takes over when the model fails, and whose answer stands unless the model is trusted more. It
 * searches from the start, with all of its turns and a program's limits, so its answer is as good as without a model.
 * Until then, a second run of it follows what the model's calls show, so that there is always an answer.
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
    const verb = this.#hasSearched ? 'answered' : 'took over'
    this.#options.note(`The model failed: ${message} The policy ${this.name} ${verb} in turn ${part.from}.`)
    return this.#search(part, (own) => {
      this.#options.note(`The model failed in turn ${part.from}: this is the answer of the policy ${this.name}.`)
      return { kind: 'answer', answer: own ?? EMPTY_ANSWER, failure: { code, message } }
    })
  }

  /** Returns a decider for all turns of the part, which searches as without a model and then weighs both answers. */
  check(answer: Answer, part: Part): Decider {
    if (!this.#hasSearched)
      this.#options.note(`The model answered. The policy ${this.name} searches from turn ${part.from}.`)
    return this.#search(part, (own) => ({ kind: 'answer', answer: this.weigh(answer, own) }))
  }

  /** The model's answer, or the own one if it is at least as sure as the model is trusted. */
  weigh(answer: Answer, own: Answer | undefined): Answer {
    const { note, trust } = this.#options
    const [first] = answer.files
    const [mine] = own?.files ?? []
    if (own === undefined || mine === undefined || trust >= 1 || (first !== undefined && own.confidence < trust))
      return { ...answer, confidence: confidenceIn(answer, own) }
    if (first?.path === mine.path) note(`The model and the policy ${this.name} both answered ${first.path}.`)
    else
      note(
        `The model answered ${first?.path ?? 'nothing'}. This is the answer of the policy ${this.name} instead: its confidence, ${shown(own.confidence)}, is at least --trust, ${shown(trust)}.`,
      )
    return own
  }

  /** Searches from the start if that wasn't done yet, then ends with the answer of it, or else with what was followed. */
  #search(part: Part, end: (own: Answer | undefined) => Extract<Decision, { readonly kind: 'answer' }>): Decider {
    const { policy, started } = this.#options
    const run = this.#hasSearched ? undefined : policy.start(started)
    const endWith = (own: Answer | undefined): Extract<Decision, { readonly kind: 'answer' }> =>
      end(own !== undefined && own.files.length > 0 ? answerOfPart(own, part) : (this.#answer ?? own))
    return {
      next: async (state, signal): Promise<Decision> => {
        const decision = await run?.next(stateOfPart(state, part), signal)
        return decision?.kind === 'calls' ? { ...decision, limits: PROGRAM_LIMITS } : endWith(decision?.answer)
      },
      answerNow: (state) => endWith(run?.answerNow(stateOfPart(state, part))).answer,
    }
  }
}

function shown(share: number): string {
  return share.toFixed(2)
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
