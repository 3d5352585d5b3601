import { broken, type Failure } from './failure.ts'

/** The two clocks of an attempt: one signal for everything that they and the caller may stop. */
export interface Times {
  /** Aborted with the attempt's own signal, by silence and by the total time. */
  readonly signal: AbortSignal
  /** Something came in: the silence begins anew. */
  touch(): void
  /** The failure, when a clock ended the attempt. */
  silence(): Failure | undefined
  close(): void
}

export interface TimeLimits {
  readonly timeoutMs: number
  readonly totalTimeoutMs: number
}

export function openTimes({ timeoutMs, totalTimeoutMs }: TimeLimits, parent: AbortSignal): Times {
  const controller = new AbortController()
  let failure: Failure | undefined
  const onAbort = (): void => controller.abort(parent.reason)
  const stop = (fact: string): void => {
    failure = broken(fact)
    controller.abort()
  }
  const quiet = setTimeout(() => stop(`was silent for ${seconds(timeoutMs)}`), timeoutMs)
  const total = setTimeout(() => stop(`took longer than ${seconds(totalTimeoutMs)}`), totalTimeoutMs)
  parent.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    touch: () => void quiet.refresh(),
    silence: () => failure,
    close: () => {
      clearTimeout(quiet)
      clearTimeout(total)
      parent.removeEventListener('abort', onAbort)
    },
  }
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`
}
