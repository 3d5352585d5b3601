import type { ServerContext } from '@modelcontextprotocol/server'
import type { RunEvent, RunListener } from '../../agent/index.ts'
import type { Call } from '../../search/index.ts'

/** Reports a request's progress to the client; does nothing if the client didn't ask for it. */
export type Tell = (message: string) => void

export function createTell({ mcpReq }: ServerContext): Tell {
  // oxlint-disable-next-line no-underscore-dangle -- the protocol's own name
  const progressToken = mcpReq._meta?.progressToken
  let progress = 0
  return (message) => {
    if (progressToken === undefined || mcpReq.signal.aborted) return
    progress += 1
    const params = { progressToken, progress, message }
    // If the client is gone, the request ends by its own signal, and the progress doesn't matter.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }
}

/** Reports a localization turn by turn. */
export function tellTurns(tell: Tell): RunListener {
  return (event) => {
    const message = messageOf(event)
    if (message !== undefined) tell(message)
  }
}

function messageOf(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'started':
      return undefined
    case 'turn-decided':
      return `Turn ${event.turn}: ${counted(event.calls.length, 'call')} (${namedCalls(event.calls)})`
    case 'turn-finished': {
      const { bytes, gains, turn } = event.turn
      const fresh = gains.filter((gain) => gain > 0).length
      return `Turn ${turn}: done, ${fresh} of ${counted(gains.length, 'call')} showed something new, ${bytes} bytes`
    }
    case 'answered':
      return `Answered after ${counted(event.end.stats.turns, 'turn')}`
  }
}

/** The number of calls per tool. Arguments may contain repository text, which doesn't belong in progress messages. */
function namedCalls(calls: readonly Call[]): string {
  const tools = [...new Set(calls.map(({ tool }) => tool))]
  return tools.map((name) => `${calls.filter(({ tool }) => tool === name).length} ${name}`).join(', ')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
