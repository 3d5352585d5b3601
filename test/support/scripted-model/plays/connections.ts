import type { Exchange, Plays } from '../exchange.ts'

const DRIP_PIECES = 20
const DRIP_MS = 2
const COMMENT_MS = 20
/** Longer than any client waits; a client that goes ends it. */
const FOREVER_MS = 3_600_000

/** Breaks, holds or starves the connection. */
export const CONNECTIONS = {
  'reset-before-headers': reset,
  'reset-once': (exchange) => (exchange.count === 1 ? reset(exchange) : exchange.send(exchange.reply)),
  'reset-in-mid-reply': async (exchange) => {
    await sendHalf(exchange)
    reset(exchange)
  },
  'cut-without-finish': async (exchange) => {
    await sendHalf(exchange)
    exchange.response.end()
  },
  'cut-once': async (exchange) => {
    if (exchange.count > 1) return exchange.send(exchange.reply)
    await sendHalf(exchange)
    exchange.response.end()
  },
  'silent-forever': (exchange) => exchange.pause(FOREVER_MS),
  'stalls-in-mid-reply': async (exchange) => {
    await sendHalf(exchange)
    await exchange.pause(FOREVER_MS)
  },
  'stalls-after-the-end': async (exchange) => {
    exchange.begin()
    exchange.response.write(exchange.textOf(exchange.reply))
    await exchange.pause(FOREVER_MS)
  },
  'slow-drip': async (exchange) => {
    const bytes = Buffer.from(exchange.textOf(exchange.reply))
    const size = Math.ceil(bytes.length / DRIP_PIECES)
    exchange.begin()
    for (let start = 0; start < bytes.length; start += size) {
      exchange.response.write(bytes.subarray(start, start + size))
      await exchange.pause(DRIP_MS)
    }
    exchange.response.end()
  },
  'alive-forever': async (exchange) => {
    exchange.begin()
    while (!exchange.response.closed && !exchange.response.destroyed) {
      exchange.response.write(exchange.request.isStreamed ? ': still working\n\n' : ' ')
      await exchange.pause(COMMENT_MS)
    }
  },
} satisfies Plays

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
