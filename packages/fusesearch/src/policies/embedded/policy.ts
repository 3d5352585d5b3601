import type { Answer, Decision, Policy, PolicyRun, State } from '../../agent/index.ts'
import { languageOf, loadLanguage } from '../../code/index.ts'
import { createRng } from '../../core/index.ts'
import type { Call } from '../../search/index.ts'
import { composeAnswer } from './answer.ts'
import { type ChooseCalls, chooseAdaptively, chooseAll, chooseOne } from './breadth.ts'
import { type Candidate, listCandidates } from './queue.ts'
import type { RankedFile } from './rank-files.ts'
import type { RankedFunction } from './rank-functions.ts'
import { ReadingMemo } from './reading-memo.ts'
import { type Entries, Search } from './search.ts'
import type { AnswerChains } from './strategy/answer-options.ts'
import { createDecider, type Decider } from './strategy/decide.ts'
import type { Pick } from './strategy/options.ts'
import type { TermEvidence } from './term-evidence.ts'
import { DEFAULT_WEIGHTS } from './trained.ts'
import type { Weights } from './weights.ts'
import { digestWeights } from './weights-file.ts'

/** Options of the policies that need no language model. */
export interface EmbeddedOptions {
  readonly weights?: Weights
  /** Search tests too, and do not hold being a test against a file. */
  readonly includeTests?: boolean
  readonly training?: TrainingOptions
}

/** What a run gives to training, and takes from it. */
export interface TrainingOptions {
  /** Draws every decision by its chances at this temperature, from the run's seed; 0 takes the best. */
  readonly temperature: number
  readonly onPick?: (pick: Pick) => void
  /** Told of all calls that could be issued now, so that they can be had together. */
  readonly onQueue?: (calls: readonly Call[]) => void
  /** Told of the rankings behind the answer, and of what it was taken from. */
  readonly onAnswer?: (rankings: Rankings, chains: AnswerChains) => void
  /** Shared by runs over the same issue and tree: what reading a file gave is worked out once. */
  readonly memo?: ReadingMemo
}

/** The rankings behind an answer, with the features that made them. */
export interface Rankings {
  readonly files: readonly RankedFile[]
  readonly functions: readonly RankedFunction[]
  /** Of the first entries of each. */
  termEvidence(entries: Entries): { readonly files: TermEvidence; readonly functions: TermEvidence }
}

/** Wide while it explores, narrow while it refines: the breadth of each turn follows from its own uncertainty. */
export function createEmbeddedPolicy(options: EmbeddedOptions = {}): Policy {
  return createQueuePolicy('embedded', chooseAdaptively, options)
}

/** The same queue and scores, one call a turn. */
export function createSequentialPolicy(options: EmbeddedOptions = {}): Policy {
  return createQueuePolicy('sequential', chooseOne, options)
}

/** The same queue and scores, always as many calls as a turn may hold. */
export function createFixedBreadthPolicy(options: EmbeddedOptions = {}): Policy {
  return createQueuePolicy('fixed-breadth', chooseAll, options)
}

function createQueuePolicy(name: string, chooseCalls: ChooseCalls, options: EmbeddedOptions): Policy {
  const { weights = DEFAULT_WEIGHTS, includeTests = false, training } = options
  return {
    name,
    settings: { weights: digestWeights(weights) },
    start: ({ issue, seed, tools = [] }) => {
      const memo = training?.memo ?? new ReadingMemo()
      const search = new Search({ issue, weights, includeTests, hasHistory: tools.includes('history'), memo })
      const isSampled = training !== undefined && training.temperature > 0
      const sample = isSampled ? { rng: createRng(seed), temperature: training.temperature } : undefined
      const decider = createDecider(weights.strategy, { sample, record: training?.onPick })
      return createRun({ search, decider, chooseCalls, weights, training })
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

interface Run {
  readonly search: Search
  readonly decider: Decider
  readonly chooseCalls: ChooseCalls
  readonly weights: Weights
  readonly training: TrainingOptions | undefined
}

function createRun({ search, decider, chooseCalls, weights, training }: Run): PolicyRun {
  let absorbed = 0
  const compose = (state: State): Answer => {
    const { answer, chains } = composeAnswer(search, { state, decider, confidence: weights.confidence })
    training?.onAnswer?.(search, chains)
    return answer
  }
  return {
    async next(state: State, signal: AbortSignal): Promise<Decision> {
      for (const turn of state.past.slice(absorbed)) {
        absorbed += 1
        await search.absorbTurn(absorbed, turn.calls, turn.observations)
        signal.throwIfAborted()
      }
      const queue = state.mustAnswer ? [] : listCandidates(search)
      training?.onQueue?.(queue.map(({ call }) => call))
      const chosen = chooseCalls({ search, queue, state, decider })
      if (chosen.length === 0) return { kind: 'answer', answer: compose(state) }
      for (const { call, purpose } of chosen) search.issue(call, purpose)
      prepareParsing(chosen)
      return { kind: 'calls', calls: chosen.map(({ call }) => call) }
    },
    answerNow: compose,
  }
}
