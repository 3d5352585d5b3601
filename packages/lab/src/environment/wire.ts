import type { Ending, StepShown } from './episode.ts'
import type { WireError } from './messages.ts'
import type { CallResult, Opening } from './observe.ts'
import type { TaskSpec } from './tasks.ts'

/** The server's answer to one message, in OpenEnv's format; sent as one JSON text. */
export type ServerMessage =
  | { readonly type: 'observation'; readonly data: WireObservation }
  | { readonly type: 'state'; readonly data: WireState }
  | { readonly type: 'mcp'; readonly data: object }
  | { readonly type: 'error'; readonly data: { readonly message: string; readonly code: string } }

interface WireObservation {
  readonly observation: Readonly<Record<string, unknown>>
  /** Null until the end, then R: so the sum of the rewards equals the last one. */
  readonly reward: number | null
  readonly done: boolean
}

export interface WireState {
  readonly episode_id: string | null
  readonly step_count: number
  readonly split: string | null
  readonly index: number | null
  readonly task_id: string | null
  readonly seed: number | null
  readonly turn: number
  readonly max_turns: number
  readonly done: boolean
  readonly reward: number | null
  /** Parts of the reward once the episode is over. */
  readonly reward_parts: WireParts | null
  readonly answered: boolean | null
  readonly stopped_by: string | null
  readonly calls: number | null
  /** Milliseconds of the episode's calls so far, including their wait for a place. */
  readonly tools_ms: number
}

interface WireParts {
  readonly f1: number
  readonly file_f1: number
  readonly function_f1: number | null
  readonly e: number | null
}

/** The first observation of an episode. */
export function openingMessage(opening: Opening, task: TaskSpec, turns: number): ServerMessage {
  const { split, index, repository } = task
  const observation = { ...opening, results: [], turn: 1, max_turns: turns, task: { split, index, repository } }
  return { type: 'observation', data: { observation, reward: null, done: false } }
}

/** The observation of a turn. */
export function stepMessage({ results, text, turn, ending }: StepShown, turns: number): ServerMessage {
  const observation = { results: results.map(wireResult), text, turn, max_turns: turns }
  return { type: 'observation', data: { observation, reward: ending?.reward ?? null, done: ending !== null } }
}

/** The observation of OpenEnv's `call_tool`. */
export function callToolMessage(shown: StepShown, toolName: string): ServerMessage {
  const [result] = shown.results
  const observation = {
    tool_name: toolName,
    result: result?.content ?? shown.text,
    error: result === undefined || result.error === null ? null : toolError(result),
    text: shown.text,
    turn: shown.turn,
  }
  const { ending } = shown
  return { type: 'observation', data: { observation, reward: ending?.reward ?? null, done: ending !== null } }
}

export function errorMessage({ code, message, more }: WireError): ServerMessage {
  return { type: 'error', data: { message, code, ...more } }
}

export function partsOf(ending: Ending): WireParts {
  return { f1: ending.f1, file_f1: ending.fileF1, function_f1: ending.functionF1, e: ending.efficiency }
}

/** A call that ran has no error field. */
function wireResult({ id, name, content, error }: CallResult): object {
  return { id, name, content, ...(error === null ? {} : { error }) }
}

/** OpenEnv's kinds of errors (`core/env_server/mcp_types.py`, ToolErrorType). */
function toolError({ content, error }: CallResult): { error_type: string; message: string } {
  return { error_type: errorType(error, content), message: content }
}

function errorType(error: CallResult['error'], content: string): string {
  if (error === 'timed-out') return 'timeout'
  if (content.startsWith('There is no tool')) return 'tool_not_found'
  return error === 'not-run' || error === 'bad-arguments' ? 'invalid_args' : 'execution_error'
}
