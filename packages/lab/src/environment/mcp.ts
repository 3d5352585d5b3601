import type { ModelWords } from 'fusesearch/policies'
import { z } from 'zod'
import type { CallResult } from './observe.ts'

/**
 * OpenEnv's second interface for tools: JSON-RPC 2.0 with two methods of MCP. The answer has no reward; the state does.
 */
interface RpcDoor {
  readonly tools: ModelWords['tools']
  /** Runs a turn of one call; undefined without a session. */
  readonly call: ((name: string, given: Record<string, unknown>) => Promise<CallResult | undefined>) | undefined
}

const requestSchema = z.object({
  jsonrpc: z.literal('2.0'),
  method: z.string().max(200),
  params: z.record(z.string(), z.unknown()).default({}),
  id: z.union([z.string().max(200), z.int()]).nullish(),
})
const callSchema = z.object({ name: z.string().max(1_000), arguments: z.record(z.string(), z.unknown()).default({}) })

const INVALID_REQUEST = -32_600
const METHOD_NOT_FOUND = -32_601
const INVALID_PARAMS = -32_602

/** Answers one request. Its mistakes are reported in the answer; only the work itself may throw. */
export async function answerRpc(data: unknown, door: RpcDoor): Promise<object> {
  const request = requestSchema.safeParse(data)
  if (!request.success) return failure(null, INVALID_REQUEST, 'Invalid request: send JSON-RPC 2.0 with a method.')
  const { id = null, method, params } = request.data
  if (method === 'tools/list') {
    const tools = door.tools.map(({ name, description, parameters }) => ({
      name,
      description,
      inputSchema: parameters,
    }))
    return { jsonrpc: '2.0', id, result: { tools } }
  }
  if (method !== 'tools/call') {
    return failure(id, METHOD_NOT_FOUND, `There is no method ${method}. There is tools/list and tools/call.`)
  }
  const call = callSchema.safeParse(params)
  if (!call.success) return failure(id, INVALID_PARAMS, 'Invalid params: give name and arguments.')
  if (door.call === undefined) {
    return failure(
      id,
      METHOD_NOT_FOUND,
      'Calls need a session. Connect to /ws, send reset, and send this as an mcp message.',
    )
  }
  const result = await door.call(call.data.name, call.data.arguments)
  const text = result?.content ?? ''
  return {
    jsonrpc: '2.0',
    id,
    result: { content: [{ type: 'text', text }], isError: (result?.error ?? null) !== null },
  }
}

function failure(id: string | number | null, code: number, message: string): object {
  return { jsonrpc: '2.0', id, error: { code, message } }
}
