import { type Answer, replayCalls, runLoop, type Trajectory } from '../../../agent/index.ts'
import { FuseSearchError, systemClock } from '../../../core/index.ts'
import type { ChatModel, ChatReply, ChatRequest, Message, ToolCall, ToolDefinition } from '../../../models/index.ts'
import type { Call } from '../../../search/index.ts'
import { createLlmPolicy } from '../policy.ts'
import { ANSWER_TOOL } from '../prompts.ts'

/** A conversation as a model would have had it. */
export interface TaughtConversation {
  /** System, issue, then by turns the calls and one result for each; the last message calls the answer tool. */
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDefinition[]
}

/** Choices of {@link conversationOf}. */
export interface TeachOptions {
  /** `adaptive` when left out; a number teaches the words of a model that is bound to it. */
  readonly breadth?: 'adaptive' | number
}

/**
 * The conversation in which a model does what a recorded run did: its calls turn by turn, then its answer. The LLM
 * policy itself plays it over the recorded observations, so every word is the one that a served model reads: prompts,
 * notices, cut and hidden lines.
 * Throws `bad-trajectory` for a run without whole observations or without an end, and for calls that a model can't
 * issue in these words (more than its breadth, arguments that would be repaired).
 */
export async function conversationOf(trajectory: Trajectory, options: TeachOptions = {}): Promise<TaughtConversation> {
  const { header, end, turns } = trajectory
  if (end === null) throw bad('The recorded run has no end. Record it again.')
  // Before anything is played: it says what to do about digests.
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
  // A further request: a call or the answer was told back as wrong, and none should learn to make it twice.
  const isStraight = model.requests() === turns.length + 1 && run.turns.length === turns.length
  if (last === undefined || !isStraight || run.answeredBy !== 'next') {
    throw bad('A model with these words could not do what the recorded run did.')
  }
  return { messages: [...last.messages, answerMessage(end.answer)], tools: last.tools }
}

/** A model that says what a recorded run decided, one turn a request, and keeps what it was asked last. */
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

/** The answer in the answer tool's own words. */
function answerCall({ files, confidence }: Answer): ToolCall {
  const named = files.map(({ path, functions }) => ({
    path,
    functions: functions.map(({ name, startLine, endLine }) => ({ name, startLine, endLine })),
  }))
  const given = { files: named, confidence: Math.round(confidence * 100) / 100 }
  return { id: 'answer', name: ANSWER_TOOL, argumentsText: JSON.stringify(given) }
}

function toReply(toolCalls: readonly ToolCall[]): ChatReply {
  return { text: '', reasoning: '', toolCalls, finish: 'tool-calls', usage: null, retries: [], ms: 0 }
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-trajectory' })
}
