import { type Answer, replayCalls, runLoop, type Trajectory } from '../../agent/index.ts'
import { FuseSearchError, systemClock } from '../../core/index.ts'
import type { ChatModel, ChatReply, ChatRequest, Message, ToolCall, ToolDefinition } from '../../models/index.ts'
import type { Call, ToolName } from '../../search/index.ts'
import { PROMPT_VERSION } from './options.ts'
import { createLlmPolicy } from './policy.ts'
import { ANSWER_TOOL, loadPrompts } from './prompts.ts'

/** The conversation that a model would have had. */
export interface TaughtConversation {
  /** System prompt and issue, then each turn's calls and their results; the last message calls the answer tool. */
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDefinition[]
}

/** Options of {@link conversationOf}. */
export interface TeachOptions {
  /** `adaptive` when left out; a number gives the prompts of a model that is limited to it. */
  readonly breadth?: 'adaptive' | number
}

/**
 * The conversation in which a model repeats a recorded run: its calls turn by turn, then its answer. The LLM policy
 * itself produces it from the recorded observations, so a served model reads exactly the same text: prompts, notices,
 * cut and hidden lines.
 * Throws `bad-trajectory` for a run without whole observations or without an end, and for calls that a model
 * can't issue under these prompts (more than its breadth, arguments that would be repaired).
 */
export async function conversationOf(trajectory: Trajectory, options: TeachOptions = {}): Promise<TaughtConversation> {
  const { header, end, turns } = trajectory
  if (end === null) throw bad('The recorded run has no end. Record it again.')
  // This comes first, because it throws for a trajectory of digests and says how to record a whole one.
  const runCalls = replayCalls(trajectory)
  const model = createRecordedModel(trajectory, end.answer)
  const run = await runLoop({
    issue: header.issue,
    policy: createLlmPolicy({ model, breadth: options.breadth ?? 'adaptive' }),
    seed: header.seed,
    ...(header.tools === undefined ? {} : { tools: header.tools }),
    budget: { ...header.budget, deadlineMs: null },
    runCalls,
    clock: systemClock,
  })
  if (run.failure !== null) throw bad(run.failure.message)
  const last = model.lastRequest()
  // A further request means that a call or the answer was rejected; no model should learn that.
  const isStraight = model.requests() === turns.length + 1 && run.turns.length === turns.length
  if (last === undefined || !isStraight || run.answeredBy !== 'next') {
    throw bad('A model with these words could not do what the recorded run did.')
  }
  return { messages: [...last.messages, answerMessage(end.answer)], tools: last.tools }
}

/** A model that replies with a recorded run's decisions, one turn per request, and keeps the last request. */
function createRecordedModel(
  { turns }: Trajectory,
  answer: Answer,
): ChatModel & { lastRequest(): ChatRequest | undefined; requests(): number } {
  let asked = 0
  let last: ChatRequest | undefined
  return {
    name: 'recorded',
    endpoint: 'in memory',
    complete(request) {
      last = request
      const calls = turns[asked++]?.calls
      const toolCalls = calls?.map((call, index) => toToolCall(call, `t${asked}c${index + 1}`)) ?? [answerCall(answer)]
      return Promise.resolve(toReply(toolCalls))
    },
    close: () => Promise.resolve(),
    lastRequest: () => last,
    requests: () => asked,
  }
}

function toToolCall(call: Call, id: string): ToolCall {
  return { id, name: call.tool, argumentsText: JSON.stringify(call.arguments) }
}

function answerMessage(answer: Answer): Message {
  return { role: 'assistant', content: '', toolCalls: [answerCall(answer)] }
}

/** The answer as a call of the answer tool. */
function answerCall({ files }: Answer): ToolCall {
  const named = files.map(({ path, functions }) => ({
    path,
    functions: functions.map(({ name, startLine, endLine }) => ({ name, startLine, endLine })),
  }))
  const given = { files: named }
  return { id: 'answer', name: ANSWER_TOOL, argumentsText: JSON.stringify(given) }
}

function toReply(toolCalls: readonly ToolCall[]): ChatReply {
  return { text: '', reasoning: '', toolCalls, finish: 'tool-calls', usage: null, retries: [], ms: 0 }
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-trajectory' })
}

/** Everything that a model reads before the issue. Training data, serving and a trainer must agree on it. */
export interface ModelWords {
  readonly promptVersion: number
  readonly system: string
  /** The tools in the order in which they are offered; the last one ends the search. */
  readonly tools: readonly ToolDefinition[]
  readonly answerTool: string
}

/** Options of {@link describeModelWords}. */
export interface WordsOptions {
  /** `adaptive` when left out; a number gives the prompts of a model that is limited to it. */
  readonly breadth?: 'adaptive' | number
  readonly tools?: readonly ToolName[]
}

/** The system prompt and the tools of the LLM policy with native calls. */
export async function describeModelWords({ breadth = 'adaptive', tools }: WordsOptions = {}): Promise<ModelWords> {
  const { system, told } = await loadPrompts({ breadth, toolForm: 'native', noTools: false }, tools)
  return { promptVersion: PROMPT_VERSION, system, tools: told, answerTool: ANSWER_TOOL }
}
