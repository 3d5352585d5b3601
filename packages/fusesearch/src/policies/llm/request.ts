import type { State } from '../../agent/index.ts'
import type { ChatRequest, Message } from '../../models/index.ts'
import type { Settings } from './options.ts'
import { ANSWER_TOOL, type Prompts } from './prompts.ts'

/** What a request is made of beside the settings. */
export interface RequestParts {
  readonly messages: readonly Message[]
  readonly prompts: Prompts
  readonly seed: number
  readonly mustAnswer: boolean
  /** From 0: replies of this turn before. */
  readonly round: number
}

/** The request for the next reply. */
export function requestOf(parts: RequestParts, settings: Settings): ChatRequest {
  const { messages, prompts, seed, mustAnswer, round } = parts
  const { breadth, forceAnswer, maxReplyTokens, model, temperature } = settings
  // Where force costs the cache of the whole chat, words are tried first.
  const isForced = mustAnswer && forceAnswer && (round > 0 || model.choiceCostsCache !== true)
  const isNative = prompts.tools.length > 0
  return {
    // A copy: the conversation goes on while an endpoint may still hold the request.
    messages: [...messages],
    tools: prompts.tools,
    ...(isNative ? { toolChoice: isForced ? { name: ANSWER_TOOL } : 'auto' } : {}),
    ...(isNative && breadth === 1 ? { parallelToolCalls: false } : {}),
    ...(temperature === undefined ? {} : { temperature }),
    seed,
    maxTokens: maxReplyTokens,
  }
}

/** What the run has spent, for the words of a turn. */
export interface Spent {
  readonly tokens: number
  /** Nothing more may be spent: this turn is the last. */
  readonly isAll: boolean
}

/** The number and the budget of a turn, in the words of its prompt. */
export function noticeOf(
  state: State,
  prompts: Prompts,
  { settings, spent }: { settings: Settings; spent: Spent },
): string {
  const turns = state.turn + state.left.turns
  if (settings.noTools || state.mustAnswer) return prompts.lastTurn({ turn: state.turn, turns })
  if (spent.isAll) return prompts.lastTurn({ turn: state.turn, turns: state.turn })
  const { breadth, spend } = settings
  const most = breadth === 'adaptive' ? state.left.breadth : Math.min(breadth, state.left.breadth)
  const left = Math.max(0, (spend.maxTokens ?? 0) - spent.tokens)
  const budget = spend.maxTokens === undefined ? '' : ` Tokens left: ${left}.`
  const calls = `${most} ${most === 1 ? 'call' : 'calls'}`
  return prompts.turn({ turn: state.turn, turns, calls, left: state.left.turns, budget })
}
