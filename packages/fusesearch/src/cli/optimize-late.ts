import { setFlagsFromString } from 'node:v8'
import { expectBriefProcess } from '../code/index.ts'

/** V8 11 (Node 20) has no compiler between the baseline and the optimizing one; later versions do, and need no help. */
const V8_MAJOR = 11
/** Bytes of a function's code to run before it is optimized, six times V8's own number. */
const INTERRUPT_BUDGET = 400_000

/**
 * Sets V8 up for a process that ends soon: it optimizes only what runs much, and collects young garbage on one thread.
 * By V8's own rules a search of a small tree spends a fifth of its processor time on optimizing functions in the
 * background that then run for a few milliseconds; and of a few megabytes of garbage, waking helpers costs more than they
 * save. V8's switches aren't changed for a process that was started with a number of its own, nor with another version
 * of V8; what parses is told in any case.
 */
export function optimizeLate({ versions, execArgv, env }: NodeJS.Process): void {
  expectBriefProcess(true)
  const given = `${execArgv.join(' ')} ${env['NODE_OPTIONS'] ?? ''}`
  if (Number.parseInt(versions.v8, 10) !== V8_MAJOR || /interrupt.budget/.test(given)) return
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`)
  setFlagsFromString('--no-parallel-scavenge')
}
