import { type Answer, replayCalls, runLoop, type Trajectory } from '../../agent/index.ts'
import { FuseSearchError, systemClock } from '../../core/index.ts'
import {
  type ChatModel,
  type ChatReply,
  type ChatRequest,
  type Message,
  type ToolCall,
  type ToolDefinition,
  toHistory,
} from '../../models/index.ts'
import type { Call, ToolName } from '../../search/index.ts'
import { type LlmOptions, PROMPT_VERSION } from './options.ts'
import { createLlmPolicy } from './policy.ts'
import { ANSWER_TOOL, loadPrompts } from './prompts.ts'

/** A message in the texts of a GGUF model in this process; `learn` marks what no earlier conversation has taught. */
export interface TaughtText {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
  readonly learn?: boolean
}

/** The conversation that a model would have had. */
export interface TaughtConversation {
  /** System prompt and issue, then each turn's calls and their results; the last message is the model's. */
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDefinition[]
  /** The first message that no earlier conversation of the run has taught. */
  readonly from: number
  /** The same as a GGUF model in this process reads and writes it. */
  readonly texts: readonly TaughtText[]
}

/** Options of {@link conversationsOf}. The budgets are those of the model that is taught. */
export interface TeachOptions extends Pick<LlmOptions, 'context' | 'contextLength'> {
  /** `adaptive` when left out; a number gives the prompts of a model that is limited to it. */
  readonly breadth?: 'adaptive' | number
}

/**
 * The conversation in which a model repeats a recorded run: its calls turn by turn, then its answer. The LLM policy
 * itself produces it from the recorded observations, so a served model reads exactly the same text: prompts, notices,
 * cut and hidden lines. If results are folded on the way, what was said before is a conversation of its own.
 * Throws `bad-trajectory` for a run without whole observations or without an end, and for calls that a model
 * can't issue under these prompts (more than its breadth, arguments that would be repaired).
 */
export async function conversationsOf(
  trajectory: Trajectory,
  { breadth = 'adaptive', ...budgets }: TeachOptions = {},
): Promise<readonly TaughtConversation[]> {
  const { header, end, turns } = trajectory
  if (end === null) throw bad('The recorded run has no end. Record it again.')
  // This comes first, because it throws for a trajectory of digests and says how to record a whole one.
  const runCalls = replayCalls(trajectory)
  const model = createRecordedModel(trajectory, end.answer)
  const run = await runLoop({
    issue: header.issue,
    policy: createLlmPolicy({ model, breadth, ...budgets }),
    seed: header.seed,
    ...(header.tools === undefined ? {} : { tools: header.tools }),
    budget: { ...header.budget, deadlineMs: null },
    runCalls,
    clock: systemClock,
  })
  if (run.failure !== null) throw bad(run.failure.message)
  const { requests } = model
  // A further request means that a call or the answer was rejected; no model should learn that.
  const isStraight = requests.length === turns.length + 1 && run.turns.length === turns.length
  if (!isStraight || run.answeredBy !== 'next') {
    throw bad('A model with these words could not do what the recorded run did.')
  }
  return split(requests, answerMessage(end.answer))
}

/** One conversation for each stretch of requests of which each continues the one before. */
function split(requests: readonly ChatRequest[], answer: Message): readonly TaughtConversation[] {
  const conversations: TaughtConversation[] = []
  let from = 0
  for (const [index, { messages, tools }] of requests.entries()) {
    const next = requests[index + 1]?.messages
    if (next !== undefined && messages.every((message, at) => next[at] === message)) continue
    const reply = next?.[messages.length] ?? answer
    const conversation = { messages: [...messages, reply], tools, from }
    conversations.push({ ...conversation, texts: toTexts(conversation) })
    from = messages.length + 1
  }
  return conversations
}

/** Alternating texts, with the tools in the system prompt. */
function toTexts({ messages, tools, from }: Omit<TaughtConversation, 'texts'>): readonly TaughtText[] {
  let known = messages.slice(0, from).filter(({ role }) => role === 'assistant').length
  return toHistory(messages, tools).map((message) =>
    message.type === 'model'
      ? { role: 'assistant', content: message.response.join(''), learn: known-- <= 0 }
      : { role: message.type, content: message.text },
  )
}

/** A model that replies with a recorded run's decisions, one turn per request, and keeps the requests. */
function createRecordedModel(
  { turns }: Trajectory,
  answer: Answer,
): ChatModel & { readonly requests: readonly ChatRequest[] } {
  const requests: ChatRequest[] = []
  return {
    requests,
    name: 'recorded',
    endpoint: 'in memory',
    complete(request) {
      const turn = requests.push(request)
      const calls = turns[turn - 1]?.calls
      const toolCalls = calls?.map((call, index) => toToolCall(call, `t${turn}c${index + 1}`)) ?? [answerCall(answer)]
      return Promise.resolve(toReply(toolCalls))
    },
    close: () => Promise.resolve(),
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
