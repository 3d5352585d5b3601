import type { ServerResponse } from 'node:http'
import type { JsonObject } from '../../../packages/fusesearch/src/models/shapes.ts'
import { type Rendered, render, toStreamText } from './render.ts'
import type { ScriptedReply, ScriptedRequest } from './script.ts'
import type { MisbehaviourName } from './table.ts'

/** Plays a misbehaviour: answers the request wrongly. The server waits for what it returns. */
export type Play = (exchange: Exchange) => void | Promise<void>

/** Some of the table's misbehaviours. */
export type Plays = Readonly<Partial<Record<MisbehaviourName, Play>>>

/** One request and the ways to answer it, rightly or wrongly. */
export interface Exchange {
  readonly request: ScriptedRequest
  readonly response: ServerResponse
  /** What the script says; a misbehaviour spoils it. */
  readonly reply: ScriptedReply
  /** Requests that the server has played this misbehaviour for, with this one. */
  readonly count: number
  /** Answers well; `alter` changes the reply once it is in its wire form. */
  readonly send: (reply: ScriptedReply, alter?: (rendered: Rendered) => Rendered) => void
  /** The text of a reply as its request wants it: JSON, or a stream of events. */
  readonly textOf: (reply: ScriptedReply) => string
  /** Answers with a text under the type that the request wants, whatever it is. */
  readonly sendText: (text: string | Uint8Array) => void
  /** Begins an answer that the caller goes on with. */
  readonly begin: (headers?: Readonly<Record<string, string>>) => void
  /** Refuses in the words of the wire form. */
  readonly refuse: (status: number, error: Refusal) => void
  /** Waits; is over at once when the client goes. */
  readonly pause: (ms: number) => Promise<void>
}

/** An error as a server words it. */
export interface Refusal {
  readonly message: string
  readonly type?: string
  readonly code?: string
  readonly parameter?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What a misbehaviour is given. */
export function createExchange(given: Pick<Exchange, 'count' | 'reply' | 'request' | 'response'>): Exchange {
  const { request, response } = given
  const begin: Exchange['begin'] = (headers = {}) => {
    const type = request.isStreamed ? 'text/event-stream' : 'application/json'
    response.writeHead(200, { 'content-type': type, ...headers })
  }
  const textOf = (rendered: Rendered): string =>
    request.isStreamed ? toStreamText(rendered.events) : JSON.stringify(rendered.body)
  const sendText: Exchange['sendText'] = (text) => {
    begin()
    response.end(text)
  }
  return {
    ...given,
    begin,
    sendText,
    textOf: (reply) => textOf(render(reply, request)),
    send: (reply, alter = (rendered) => rendered) => sendText(textOf(alter(render(reply, request)))),
    refuse: (status, { headers = {}, ...error }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(refusalBody(request, error)))
    },
    pause: (ms) => pause(ms, response),
  }
}

/** An error object in the form of the request's wire. */
export function refusalBody({ wire }: ScriptedRequest, { code, message, parameter, type }: Refusal): JsonObject {
  const kind = type ?? 'invalid_request_error'
  if (wire === 'anthropic') return { type: 'error', error: { type: kind, message } }
  return { error: { message, type: kind, param: parameter ?? null, code: code ?? null } }
}

function pause(ms: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      response.off('close', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    response.on('close', done)
  })
}
