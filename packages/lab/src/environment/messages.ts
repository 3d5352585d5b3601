import { z } from 'zod'
import { MAX_CALLS_A_STEP } from './limits.ts'

/** OpenEnv's error codes; after the first four the session continues (`core/env_server/types.py`, WSErrorCode). */
type WireErrorCode =
  | 'INVALID_JSON'
  | 'UNKNOWN_TYPE'
  | 'VALIDATION_ERROR'
  | 'EXECUTION_ERROR'
  | 'CAPACITY_REACHED'
  | 'FACTORY_ERROR'
  | 'SESSION_ERROR'

/** Why a message can't be answered; becomes an error frame. */
export class WireError extends Error {
  readonly code: WireErrorCode
  readonly more: Readonly<Record<string, unknown>>

  constructor(code: WireErrorCode, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.more = more
  }
}

const MAX_ID = 200
const name = z.string().max(1_000)
const given = z.union([z.record(z.string(), z.unknown()), z.string().max(1_000_000)])

/** The task and its seed; other fields, which trainers send along, are ignored. */
export const resetSchema = z.object({
  seed: z.int().nullish().describe('Chooses the task at random if no index is given; recorded in the state.'),
  episode_id: z.string().max(MAX_ID).nullish().describe('Name of the episode. Default: a new one.'),
  split: z.string().max(MAX_ID).nullish().describe('Name of the split. Default: the first one.'),
  index: z.int().min(0).nullish().describe('Index of the task in its split.'),
})

/** A whole turn. */
const turnAction = z.strictObject({
  type: z.literal('calls').optional(),
  calls: z
    .array(z.object({ id: z.string().max(MAX_ID).nullish(), name, arguments: given.optional() }))
    .max(MAX_CALLS_A_STEP)
    .default([])
    .describe('The calls of the turn, run together; the tool `answer` ends the episode.'),
  text: z.string().max(1_000_000).nullish().describe("The model's text besides its calls, or instead of them."),
})
const callTool = z.object({
  type: z.literal('call_tool'),
  tool_name: name,
  arguments: z.record(z.string(), z.unknown()).default({}),
})

/** The contents of a step: a turn, or one of OpenEnv's two actions for tools. */
type Action =
  | { readonly kind: 'turn'; readonly turn: TurnAction }
  | { readonly kind: 'list_tools' }
  | { readonly kind: 'call_tool'; readonly turn: TurnAction; readonly toolName: string }

export type TurnAction = z.infer<typeof turnAction>
export type ResetRequest = z.infer<typeof resetSchema>
export const actionSchema = turnAction

/** Reads the data of a step. Throws VALIDATION_ERROR. */
export function readAction(data: unknown): Action {
  const type = typeOf(data)
  if (type === 'list_tools') return { kind: 'list_tools' }
  if (type !== 'call_tool') return { kind: 'turn', turn: check(turnAction, data) }
  const { tool_name: toolName, arguments: held } = check(callTool, data)
  return { kind: 'call_tool', toolName, turn: { calls: [{ name: toolName, arguments: held }] } }
}

/** Validates a value by its schema. Throws VALIDATION_ERROR with the problem and its path. */
export function check<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const checked = schema.safeParse(value)
  if (checked.success) return checked.data
  const errors = checked.error.issues.slice(0, 10).map(({ path, message }) => ({ loc: path, msg: message }))
  const [first] = errors
  const where = first === undefined || first.loc.length === 0 ? 'data' : `data.${first.loc.join('.')}`
  throw new WireError('VALIDATION_ERROR', `Invalid message: ${where}: ${first?.msg ?? 'invalid'}.`, { errors })
}

/** A message of a client, its data not yet validated. */
export interface ClientMessage {
  readonly type: string
  readonly data: unknown
}

/** Reads a text frame. Throws INVALID_JSON or, for JSON that isn't a message, VALIDATION_ERROR. */
export function readMessage(text: string): ClientMessage {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new WireError('INVALID_JSON', `Invalid JSON: ${error instanceof Error ? error.message : 'unreadable'}.`)
  }
  const { type, data } = check(z.object({ type: z.string().max(MAX_ID), data: z.unknown().optional() }), value)
  return { type, data: data ?? {} }
}

function typeOf(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'type' in data ? data.type : undefined
}
