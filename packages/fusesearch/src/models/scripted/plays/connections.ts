import type { Exchange } from '../exchange.ts'
import type { NamedPlay } from '../play.ts'

const DRIP_PIECES = 20
const DRIP_MS = 2
const COMMENT_MS = 20
/** Longer than any client waits; a client that goes ends it. */
const FOREVER_MS = 3_600_000

/** Breaks, holds or starves the connection. */
export const CONNECTIONS: readonly NamedPlay[] = [
  {
    name: 'reset-before-headers',
    play: reset,
  },
  {
    name: 'reset-once',
    play: (exchange) => (exchange.count === 1 ? reset(exchange) : exchange.send(exchange.reply)),
  },
  {
    name: 'reset-in-mid-reply',
    play: async (exchange) => {
      await sendHalf(exchange)
      reset(exchange)
    },
  },
  {
    name: 'cut-without-finish',
    play: async (exchange) => {
      await sendHalf(exchange)
      exchange.response.end()
    },
  },
  {
    name: 'cut-once',
    play: async (exchange) => {
      if (exchange.count > 1) return exchange.send(exchange.reply)
      await sendHalf(exchange)
      exchange.response.end()
    },
  },
  {
    name: 'silent-forever',
    play: (exchange) => exchange.pause(FOREVER_MS),
  },
  {
    name: 'stalls-in-mid-reply',
    play: async (exchange) => {
      await sendHalf(exchange)
      await exchange.pause(FOREVER_MS)
    },
  },
  {
    name: 'stalls-after-the-end',
    play: async (exchange) => {
      exchange.begin()
      exchange.response.write(exchange.textOf(exchange.reply))
      await exchange.pause(FOREVER_MS)
    },
  },
  {
    name: 'slow-drip',
    play: async (exchange) => {
      const bytes = Buffer.from(exchange.textOf(exchange.reply))
      const size = Math.ceil(bytes.length / DRIP_PIECES)
      exchange.begin()
      for (let start = 0; start < bytes.length; start += size) {
        exchange.response.write(bytes.subarray(start, start + size))
        await exchange.pause(DRIP_MS)
      }
      exchange.response.end()
    },
  },
  {
    name: 'alive-forever',
    play: async (exchange) => {
      exchange.begin()
      while (!exchange.response.closed && !exchange.response.destroyed) {
        exchange.response.write(exchange.request.isStreamed ? ': still working\n\n' : ' ')
        await exchange.pause(COMMENT_MS)
      }
    },
  },
]

function reset({ response }: Exchange): void {
  response.socket?.resetAndDestroy()
}

async function sendHalf(exchange: Exchange): Promise<void> {
  const text = exchange.textOf(exchange.reply)
  exchange.begin()
  exchange.response.write(text.slice(0, text.length / 2))
  // What was written must have left before the connection is broken.
  await exchange.pause(DRIP_MS)
}
