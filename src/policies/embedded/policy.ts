import type { Decision, Policy, PolicyRun, State } from '../../agent/index.ts'
import { languageOf, loadLanguage } from '../../code/index.ts'
import { composeAnswer } from './answer.ts'
import { type ChooseCalls, chooseAdaptively, chooseAll, chooseOne } from './breadth.ts'
import { type Candidate, listCandidates } from './queue.ts'
import { Search } from './search.ts'
import { HAND_WEIGHTS, type Weights } from './weights.ts'

/** Options of the policies that need no language model. */
export interface EmbeddedOptions {
  readonly weights?: Weights
  /** Search tests too, and do not hold being a test against a file. */
  readonly includeTests?: boolean
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
  return {
    name,
    start: ({ issue, tools = [] }) => {
      const weights = options.weights ?? HAND_WEIGHTS
      const search = new Search({
        issue,
        weights,
        includeTests: options.includeTests ?? false,
        hasHistory: tools.includes('history'),
      })
      return createRun(search, chooseCalls)
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

function createRun(search: Search, chooseCalls: ChooseCalls): PolicyRun {
  let absorbed = 0
  const answer = (): Decision => ({ kind: 'answer', answer: composeAnswer(search) })
  return {
    async next(state: State, signal: AbortSignal): Promise<Decision> {
      for (const turn of state.past.slice(absorbed)) {
        absorbed += 1
        await search.absorbTurn(absorbed, turn.calls, turn.observations)
        signal.throwIfAborted()
      }
      if (state.mustAnswer) return answer()
      const queue = listCandidates(search)
      const chosen = chooseCalls(search, queue, state.left.breadth)
      if (chosen.length === 0) return answer()
      for (const { call, purpose } of chosen) search.issue(call, purpose)
      prepareParsing(chosen)
      return { kind: 'calls', calls: chosen.map(({ call }) => call) }
    },
    answerNow: () => composeAnswer(search),
  }
}
