import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { type TrajectoryFacts, trajectoryLine } from '../../agent/index.ts'
import type { LocateEvent } from '../../locate/index.ts'
import { createTurnDescriber, describeInFlight, type LiveLine } from '../../view/index.ts'
import { toProblem } from '../door/index.ts'

/** Proxies close a connection that is silent for longer. */
const HEARTBEAT_MS = 10_000

/** What a stream of events needs besides the events. */
export interface StreamOptions {
  /** Aborts when the connection or the server ends, or after the longest time. Then the stream waits for nothing. */
  readonly signal: AbortSignal
  /** If set, also stream each turn's calls when it begins, and the trajectory's lines, whose header has these facts. */
  readonly trajectory: TrajectoryFacts | null
  readonly onEvent: (event: LocateEvent) => void
  readonly onError: (error: unknown) => void
  readonly onEnd: () => void
}

/**
 * Answers with server-sent events: `started`, `turn` for each turn, then `result` or `error`.
 * The events must end by themselves when the connection does.
 */
export function streamEvents(
  context: Context,
  events: AsyncGenerator<LocateEvent, void, void>,
  { onEnd, onError, onEvent, signal, trajectory }: StreamOptions,
): Response {
  return streamSSE(context, async (stream) => {
    const lineOf = trajectory === null ? () => null : createLineTeller(trajectory)
    const heartbeat = setInterval(() => void stream.write(': still searching\n\n'), HEARTBEAT_MS)
    try {
      for await (const event of events) {
        onEvent(event)
        await unlessAborted(tell(stream, event), signal)
        if (trajectory !== null && event.kind === 'turn-decided') {
          const data = JSON.stringify(describeInFlight(event.turn, event.calls))
          await unlessAborted(stream.writeSSE({ event: 'calls', data }), signal)
        }
        const line = lineOf(event)
        if (line === null) continue
        await unlessAborted(stream.writeSSE({ event: 'trajectory', data: JSON.stringify(line) }), signal)
      }
    } catch (error) {
      onError(error)
      const { code, message } = toProblem(error).details
      // Don't await: a client that doesn't read would keep its place. `writeSSE` would write only after the end.
      void stream.write(`event: error\ndata: ${JSON.stringify({ code, message })}\n\n`)
    } finally {
      clearInterval(heartbeat)
      onEnd()
    }
  })
}

/** Turns a run's events into lines of its trajectory; a turn's line includes what the page shows of it. */
function createLineTeller(facts: TrajectoryFacts): (event: LocateEvent) => LiveLine | null {
  let describe: ReturnType<typeof createTurnDescriber> | undefined
  return (event) => {
    const line = event.kind === 'located' ? null : trajectoryLine(event, facts)
    if (line === null) return null
    if (line.kind === 'header') describe = createTurnDescriber(line.issue)
    return line.kind === 'turn' ? { line, shown: describe?.(line) ?? [] } : { line }
  }
}

/** Stops waiting on abort: a write to a client that doesn't read never ends. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

async function tell(stream: SSEStreamingApi, event: LocateEvent): Promise<void> {
  switch (event.kind) {
    case 'started': {
      const { policy, seed, budget } = event.start
      return stream.writeSSE({ event: 'started', data: JSON.stringify({ policy, seed, budget }) })
    }
    case 'turn-finished': {
      const { bytes, calls, gains, ms, turn } = event.turn
      return stream.writeSSE({ event: 'turn', data: JSON.stringify({ turn, calls, gains, bytes, ms }) })
    }
    case 'located':
      return stream.writeSSE({ event: 'result', data: JSON.stringify(event.result) })
    case 'turn-decided':
    case 'answered':
  }
}
