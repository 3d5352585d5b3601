import type { IncomingHttpHeaders } from 'node:http'
import type { WireName } from '../../../packages/fusesearch/src/models/index.ts'
import type { JsonObject } from '../../../packages/fusesearch/src/models/shapes.ts'
import type { MisbehaviourName } from './table.ts'

/** A call as the scripted model makes it. */
export interface ScriptedCall {
  readonly name: string
  /** An object is sent as its JSON; a text is sent as it is, malformed or not. */
  readonly arguments: unknown
  /** Numbered by turn and place without one; null: the server forgets it. */
  readonly id?: string | null
}

/** What the scripted model says. */
export interface ScriptedReply {
  readonly text?: string
  readonly reasoning?: string
  readonly calls?: readonly ScriptedCall[]
  /** The wire form's own word; fits the reply without one. */
  readonly finish?: string
  /** Counts in the wire form's own names; made up without them. */
  readonly usage?: JsonObject
}

/** A tool of a request, whichever form it came in. */
export interface ScriptedTool {
  readonly name: string
  readonly parameters: JsonObject
}

/** A request as it came in. */
export interface ScriptedRequest {
  readonly wire: WireName
  /** Replies that the chat already holds: 0 in the first request of a run, and the same when it is tried again. */
  readonly turn: number
  readonly model: string
  readonly isStreamed: boolean
  readonly tools: readonly ScriptedTool[]
  /** The body as it was sent. */
  readonly body: JsonObject
  readonly headers: IncomingHttpHeaders
}

/** What the server does with a request: a reply, or a misbehaviour with the reply that should have been. */
export type Step = ScriptedReply | { readonly misbehaviour: MisbehaviourName; readonly reply: ScriptedReply }

/** Decides for each request. A list is indexed by the request's turn, its last step standing for all that follow. */
export type Script = readonly Step[] | ((request: ScriptedRequest) => Step)

/** The step of a request. Throws for an empty list. */
export function stepOf(script: Script, request: ScriptedRequest): Step {
  if (typeof script === 'function') return script(request)
  const step = script[Math.min(request.turn, script.length - 1)]
  if (step === undefined) throw new Error('The script of the server is an empty list; give it a reply.')
  return step
}

/** The script with one misbehaviour played over each of its replies. */
export function misbehaving(misbehaviour: MisbehaviourName, script: Script): Script {
  return (request) => {
    const step = stepOf(script, request)
    return { misbehaviour, reply: 'reply' in step ? step.reply : step }
  }
}
