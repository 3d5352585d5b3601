import {
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { FuseSearchError } from '../../core/index.ts'
import { clientRoots, type Root } from '../door/index.ts'

/** The key under which the client returns its roots. */
const ROOTS = 'roots'

/** Where a request may search, or what to ask the client first. */
export type Allowed =
  | { readonly kind: 'roots'; readonly roots: readonly Root[] }
  | { readonly kind: 'ask'; readonly result: InputRequiredResult }

/**
 * The allowed roots, narrowed to the client's own if it has any.
 * Throws `bad-argument` if none of the client's roots is allowed.
 */
export async function allowedRoots(
  allowed: readonly Root[],
  server: McpServer,
  context: ServerContext,
): Promise<Allowed> {
  const { inputResponses } = context.mcpReq
  const answer = inputResponse(inputResponses, ROOTS)
  if (answer.kind === 'roots' && answer.roots.length > 0) {
    const uris = answer.roots.map(({ uri }) => uri)
    const roots = await clientRoots(allowed, uris)
    if (roots.length === 0) throw outside(allowed, uris)
    return { kind: 'roots', roots }
  }
  const isAnswered = inputResponses !== undefined && ROOTS in inputResponses
  if (isAnswered || !hasRoots(server, context)) return { kind: 'roots', roots: allowed }
  return { kind: 'ask', result: inputRequired({ inputRequests: { [ROOTS]: inputRequired.listRoots() } }) }
}

function outside(allowed: readonly Root[], uris: readonly string[]): FuseSearchError {
  const [first = ''] = uris
  const wanted = first.startsWith('file://') ? decodeURIComponent(new URL(first).pathname) : first
  const served = allowed.map(({ given }) => given).join(', ')
  const message = `The client works in ${wanted}, and this server may search ${served} only. Start the server for that folder: \`fusesearch mcp --root ${wanted}\`, or leave --root out and start it there.`
  return new FuseSearchError(message, { code: 'bad-argument' })
}

/** Whether the client has roots. Newer clients say so with each request, older ones once at the start. */
function hasRoots(server: McpServer, context: ServerContext): boolean {
  const envelope = context.mcpReq.envelope as Readonly<Record<string, unknown>> | undefined
  const told = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities()
  return typeof told === 'object' && told !== null && 'roots' in told && told.roots !== undefined
}
