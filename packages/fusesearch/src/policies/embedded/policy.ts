import type { Answer, Decision, Policy, PolicyRun, StartOptions, State, TurnReport } from '../../agent/index.ts'
import { languageOf, loadLanguage } from '../../code/index.ts'
import { createRng } from '../../core/index.ts'
import type { Call } from '../../search/index.ts'
import { type AnswerChains, composeAnswer } from './answer.ts'
import { type ChooseCalls, chooseAdaptively, chooseAll, chooseOne } from './choose-calls.ts'
import { digestReader, type Reader } from './encoded/weights.ts'
import { type Candidate, listCandidates } from './queue.ts'
import { ReadingMemo } from './reading-memo.ts'
import { Search } from './search.ts'
import type { Choice } from './strategy/features.ts'
import { createDecider, type Decider } from './strategy/strategy.ts'
import { DEFAULT_WEIGHTS } from './trained.ts'
import type { Weights } from './weights.ts'
import { digestWeights } from './weights-file.ts'

/** Options of the policies that need no language model. */
export interface EmbeddedOptions {
  readonly weights?: Weights
  /** Search tests too, and do not hold being a test against a file. */
  readonly includeTests?: boolean
  /** Above 0, choices are sampled at this temperature with the run's seed; 0, the default, takes the best. */
  readonly temperature?: number
  /** Runs over the same issue and tree may share one, so that each file is read once. */
  readonly memo?: ReadingMemo
  /** An encoder that orders the ranking anew where it is in doubt; none when left out. */
  readonly reader?: Reader | undefined
}

/** A policy whose runs record how they decided. */
export interface EmbeddedPolicy extends Policy {
  start(options: StartOptions): EmbeddedRun
}

/** A run and its decisions so far, from which training learns. */
export interface EmbeddedRun extends PolicyRun {
  /** Its rankings and the evidence for them. */
  readonly search: Search
  /** The choices between more than one option, in the order in which they were made. */
  readonly choices: readonly Choice[]
  /** The calls among which those of the last turn were chosen, best first. */
  readonly queue: readonly Call[]
  /** What the answer was taken from; undefined before the first answer. */
  readonly chains: AnswerChains | undefined
}

/** Many calls while it explores, few while it refines: the breadth of each turn follows from its uncertainty. */
export function createEmbeddedPolicy(options: EmbeddedOptions = {}): EmbeddedPolicy {
  return createQueuePolicy('embedded', chooseAdaptively, options)
}

/** The same queue and scores, one call a turn. */
export function createSequentialPolicy(options: EmbeddedOptions = {}): EmbeddedPolicy {
  return createQueuePolicy('sequential', chooseOne, options)
}

/** The same queue and scores, always as many calls as a turn may hold. */
export function createFixedBreadthPolicy(options: EmbeddedOptions = {}): EmbeddedPolicy {
  return createQueuePolicy('fixed-breadth', chooseAll, options)
}

function createQueuePolicy(name: string, chooseCalls: ChooseCalls, options: EmbeddedOptions): EmbeddedPolicy {
  const { weights = DEFAULT_WEIGHTS, includeTests = false, temperature = 0, reader } = options
  return {
    name,
    settings: { weights: digestWeights(weights), ...(reader === undefined ? {} : { encoder: digestReader(reader) }) },
    start: ({ issue, seed, tools = [], outlines }) => {
      const memo = options.memo ?? new ReadingMemo()
      const search = new Search({ issue, weights, includeTests, hasHistory: tools.includes('history'), memo, outlines })
      const sample = temperature > 0 ? { rng: createRng(seed), temperature } : undefined
      const decider = createDecider(weights.strategy, { sample })
      return new SearchRun({ search, decider, chooseCalls, weights, reader })
    },
  }
}

/** Loads the grammars of what is about to be read while the calls run; a failure shows when a file is parsed. */
function prepareParsing(chosen: readonly Candidate[]): void {
  for (const { purpose } of chosen) {
    const language = purpose.kind === 'read' ? languageOf(purpose.path) : undefined
    if (language !== undefined) loadLanguage(language).catch(() => undefined)
  }
}

interface RunParts {
  readonly search: Search
  readonly decider: Decider
  readonly chooseCalls: ChooseCalls
  readonly weights: Weights
  readonly reader: Reader | undefined
}

class SearchRun implements EmbeddedRun {
  readonly search: Search
  queue: readonly Call[] = []
  chains: AnswerChains | undefined
  readonly #parts: RunParts
  #absorbed = 0
  #notes: readonly string[] = []

  constructor(parts: RunParts) {
    this.search = parts.search
    this.#parts = parts
  }

  get choices(): readonly Choice[] {
    return this.#parts.decider.choices
  }

  async next(state: State, signal: AbortSignal): Promise<Decision> {
    const { search, chooseCalls, decider } = this.#parts
    for (const turn of state.past.slice(this.#absorbed)) {
      this.#absorbed += 1
      await search.absorbTurn(this.#absorbed, turn.calls, turn.observations)
      signal.throwIfAborted()
    }
    const queue = state.mustAnswer ? [] : listCandidates(search)
    this.queue = queue.map(({ call }) => call)
    const chosen = chooseCalls({ search, queue, state, decider })
    if (chosen.length === 0) {
      await this.#reread(state, signal)
      return { kind: 'answer', answer: this.answerNow(state) }
    }
    for (const { call, purpose } of chosen) search.issue(call, purpose)
    prepareParsing(chosen)
    return { kind: 'calls', calls: chosen.map(({ call }) => call) }
  }

  /** Until it has ended, {@link answerNow} answers from the ranking as it is. */
  async #reread({ issue }: State, signal: AbortSignal): Promise<void> {
    const { reader, search } = this.#parts
    if (reader === undefined) return
    const { isInDoubt, noteOf, reread } = await import('./encoded/reread.ts')
    if (!isInDoubt(search, reader.weights)) return
    const read = await reread(search, { issue, reader }, signal)
    signal.throwIfAborted()
    search.reorder(read)
    this.#notes = [noteOf(read, reader)]
  }

  takeReport(): TurnReport {
    const notes = this.#notes
    this.#notes = []
    return { notes }
  }

  answerNow(state: State): Answer {
    const { search, decider, weights } = this.#parts
    const { answer, chains } = composeAnswer(search, { state, decider, confidence: weights.confidence })
    this.chains = chains
    return answer
  }
}
