import {
  type Budget,
  createRecorder,
  type Policy,
  parseTrajectory,
  type RunResult,
  runLoop,
  type Trajectory,
} from '../../packages/fusesearch/src/agent/index.ts'
import { systemClock } from '../../packages/fusesearch/src/core/index.ts'
import type { ChatModel, ChatReply, ChatRequest, ToolCall } from '../../packages/fusesearch/src/models/index.ts'
import { MODEL_LIMITS, openWorkspace } from '../../packages/fusesearch/src/search/index.ts'

/** What a model in memory says: calls, text, or what it throws. */
export interface Said {
  readonly text?: string
  readonly calls?: readonly (readonly [name: string, given: unknown])[]
  readonly finish?: ChatReply['finish']
  readonly usage?: ChatReply['usage']
}

/** A model in memory that says one thing after another, the last again and again, and keeps what it was asked. */
export function memoryModel(
  said: readonly (Said | Error | ((request: ChatRequest) => Said))[],
): ChatModel & { readonly requests: ChatRequest[] } {
  const requests: ChatRequest[] = []
  return {
    name: 'memory',
    endpoint: 'in memory',
    requests,
    complete: (request, signal) => {
      signal.throwIfAborted()
      requests.push(request)
      const next = said[Math.min(requests.length, said.length) - 1]
      if (next instanceof Error) return Promise.reject(next)
      return Promise.resolve(toReply(typeof next === 'function' ? next(request) : (next ?? {})))
    },
    close: () => Promise.resolve(),
  }
}

function toReply({ text = '', calls = [], finish, usage = null }: Said): ChatReply {
  const toolCalls = calls.map(([name, given], index): ToolCall => {
    return { id: `c${index}`, name, argumentsText: typeof given === 'string' ? given : JSON.stringify(given) }
  })
  const ended = finish ?? (calls.length > 0 ? 'tool-calls' : 'stop')
  return { text, reasoning: '', toolCalls, finish: ended, usage, retries: [], ms: 0 }
}

/** Runs a policy over a folder with real ripgrep, and gives the trajectory beside the result. */
export async function playPolicy(
  policy: Policy,
  options: {
    readonly root: string
    readonly issue: string
    readonly budget?: Partial<Budget>
    readonly signal?: AbortSignal
  },
): Promise<RunResult & { readonly trajectory: Trajectory; readonly trajectoryText: string }> {
  const workspace = await openWorkspace({ root: options.root, ignoreRules: 'respect' })
  let trajectoryText = ''
  const facts = { tool: { name: 'test', version: '0' }, limits: MODEL_LIMITS, repository: {}, full: true }
  try {
    const run = await runLoop({
      issue: options.issue,
      policy,
      seed: 1,
      budget: options.budget ?? {},
      runCalls: (calls, { bytesLeft, limits = MODEL_LIMITS, signal }) =>
        workspace.runTurn(calls, { limits, bytesLeft, signal }),
      clock: systemClock,
      record: createRecorder(facts, (line) => {
        trajectoryText += line
      }),
      ...(options.signal ? { signal: options.signal } : {}),
    })
    return { ...run, trajectory: await parseTrajectory(trajectoryText), trajectoryText }
  } finally {
    await workspace.close()
  }
}
