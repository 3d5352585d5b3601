import { CLOSE, type Connection, type Received } from './connection.ts'
import { readMessage, WireError } from './messages.ts'
import type { Session } from './session.ts'
import type { SessionRoom } from './session-room.ts'
import { errorMessage, type ServerMessage } from './wire.ts'

export interface ServeOptions {
  readonly idleTimeoutMs: number
  readonly onFailure: (error: unknown) => void
}

/** Serves a client from its connection to its end; its session ends with it. Never rejects. */
export async function serveConnection(connection: Connection, room: SessionRoom, options: ServeOptions): Promise<void> {
  try {
    await room.inSession((session) => converse(connection, session, options))
    connection.close(CLOSE.normal)
  } catch (error) {
    const isKnown = error instanceof WireError
    if (!isKnown) options.onFailure(error)
    const wire = isKnown ? error : new WireError('SESSION_ERROR', "The session failed; the server's log says why.")
    await send(connection, errorMessage(wire))
    connection.close(wire.code === 'CAPACITY_REACHED' ? CLOSE.tryLater : CLOSE.policy, wire.code)
  }
}

async function converse(connection: Connection, session: Session, options: ServeOptions): Promise<void> {
  // The running work of a step ends with the client, not with the step.
  const onGone = (): void => void session.close()
  connection.gone.addEventListener('abort', onGone, { once: true })
  try {
    for (;;) {
      const received = await nextWithin(connection, options.idleTimeoutMs)
      if (received === undefined) return
      const answer = await answerOf(received, session)
      if (answer === undefined) return
      await send(connection, answer)
    }
  } finally {
    connection.gone.removeEventListener('abort', onGone)
  }
}

/** The answer to a message; undefined for `close`. Throws errors that end the session. */
async function answerOf(received: Received, session: Session): Promise<ServerMessage | undefined> {
  try {
    if (received.kind === 'binary')
      throw new WireError('INVALID_JSON', "Binary messages aren't accepted. Send JSON as text.")
    return await session.answer(readMessage(received.text))
  } catch (error) {
    if (error instanceof WireError && error.code !== 'SESSION_ERROR') return errorMessage(error)
    throw error
  }
}

async function nextWithin(connection: Connection, idleTimeoutMs: number): Promise<Received | undefined> {
  let timer: NodeJS.Timeout | undefined
  const idle = new Promise<never>((_, reject) => {
    const message = `No message came in ${idleTimeoutMs} ms. Connect again, or raise --idle-timeout.`
    timer = setTimeout(() => reject(new WireError('SESSION_ERROR', message)), idleTimeoutMs)
    timer.unref()
  })
  try {
    return await Promise.race([connection.next(), idle])
  } finally {
    clearTimeout(timer)
  }
}

function send(connection: Connection, message: ServerMessage): Promise<void> {
  return connection.send(JSON.stringify(message))
}
