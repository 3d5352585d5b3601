import {
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { clientRoots, type Root } from '../door/index.ts'

/** The key under which the client's roots come back. */
const ROOTS = 'roots'

/** Where a request may search, or what must be asked of the client first. */
export type Allowed =
  | { readonly kind: 'roots'; readonly roots: readonly Root[] }
  | { readonly kind: 'ask'; readonly result: InputRequiredResult }

/** The allow-list, narrowed to the client's roots when the client has some. */
export async function allowedRoots(
  allowed: readonly Root[],
  server: McpServer,
  context: ServerContext,
): Promise<Allowed> {
  const { inputResponses } = context.mcpReq
  const answer = inputResponse(inputResponses, ROOTS)
  if (answer.kind === 'roots' && answer.roots.length > 0) {
    const uris = answer.roots.map(({ uri }) => uri)
    return { kind: 'roots', roots: await clientRoots(allowed, uris) }
  }
  const isAnswered = inputResponses !== undefined && ROOTS in inputResponses
  if (isAnswered || !hasRoots(server, context)) return { kind: 'roots', roots: allowed }
  return { kind: 'ask', result: inputRequired({ inputRequests: { [ROOTS]: inputRequired.listRoots() } }) }
}

/** Told with each request by clients of the second line, and once at the start by those of the first. */
function hasRoots(server: McpServer, context: ServerContext): boolean {
  const envelope = context.mcpReq.envelope as Readonly<Record<string, unknown>> | undefined
  const told = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities()
  return typeof told === 'object' && told !== null && 'roots' in told && told.roots !== undefined
}
