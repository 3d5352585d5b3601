import { setTimeout as delay } from 'node:timers/promises'

/**
 * How long a test waits for what must come, in ms: on an idle machine it comes within a second, on one that is busy, cold or
 * slow within many. Only what hangs takes longer.
 */
export const PATIENCE_MS = 60_000

/** Waits until something holds; fails after `PATIENCE_MS`. */
export async function until(holds: () => unknown): Promise<void> {
  const start = performance.now()
  while (!(await holds())) {
    if (performance.now() - start > PATIENCE_MS) throw new Error(`It never held: ${String(holds)}`)
    await delay(10)
  }
}

/**
 * Runs a part of a test that must let a time pass, and that an idle machine does within `firstMs`. A busy one gets 5 and 25
 * times as long; what fails then too fails.
 */
export async function withMoreTime<Result>(firstMs: number, attempt: (ms: number) => Promise<Result>): Promise<Result> {
  try {
    return await attempt(firstMs)
  } catch {
    return await attempt(5 * firstMs).catch(() => attempt(25 * firstMs))
  }
}
