/** Lets so many in at a time, the others in the order in which they came. */
export interface Turnstile {
  /** A free place, once it is one's turn; who aborts while waiting leaves the line, and nobody enters what is closed. */
  enter(signal: AbortSignal): Promise<number | 'aborted' | 'closed'>
  /** To be called once by who has entered. */
  leave(place: number): void
  /** Sends away who waits; resolves when all have left. */
  close(): Promise<void>
}

type Turn = number | 'aborted' | 'closed'

/** `size` places, numbered from 0. */
export function createTurnstile(size: number): Turnstile {
  const free = Array.from({ length: size }, (_, place) => place)
  const waiting = new Set<(turn: Turn) => void>()
  let isClosed = false
  let onEmpty: (() => void) | undefined
  return {
    async enter(signal) {
      if (isClosed) return 'closed'
      if (signal.aborted) return 'aborted'
      const place = free.shift()
      return place ?? waitForTurn(waiting, signal)
    },
    leave(place) {
      const [first] = waiting
      if (first !== undefined) return first(place)
      free.push(place)
      if (free.length === size) onEmpty?.()
    },
    close() {
      isClosed = true
      for (const call of waiting) call('closed')
      return new Promise((resolve) => {
        if (free.length === size) resolve()
        else onEmpty = resolve
      })
    },
  }
}

function waitForTurn(waiting: Set<(turn: Turn) => void>, signal: AbortSignal): Promise<Turn> {
  return new Promise((resolve) => {
    const call = (turn: Turn): void => {
      waiting.delete(call)
      signal.removeEventListener('abort', onAbort)
      resolve(turn)
    }
    const onAbort = (): void => call('aborted')
    signal.addEventListener('abort', onAbort, { once: true })
    waiting.add(call)
  })
}
