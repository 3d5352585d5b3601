import { setFlagsFromString } from 'node:v8'
import { expectBriefProcess } from '../code/index.ts'

/**
 * V8 11 (Node 20) has no compiler between the baseline and the optimizing one; later versions do and don't need this.
 */
const V8_MAJOR = 11
/** Bytes of a function's code to run before it is optimized, six times V8's default. */
const INTERRUPT_BUDGET = 400_000

/**
 * Configures V8 for a process that ends soon: it optimizes only code that runs often, and collects young garbage on one
 * thread. With V8's defaults a search of a small tree spends a fifth of its processor time on optimizing functions in
 * the background that then run for a few milliseconds; and for a few megabytes of garbage, helper threads cost more
 * than they save. Leaves V8's flags alone in a process that was started with its own number, or with another version of
 * V8; the parser is told in any case.
 */
export function optimizeLate({ versions, execArgv, env }: NodeJS.Process): void {
  expectBriefProcess(true)
  const given = `${execArgv.join(' ')} ${env['NODE_OPTIONS'] ?? ''}`
  if (Number.parseInt(versions.v8, 10) !== V8_MAJOR || /interrupt.budget/.test(given)) return
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`)
  setFlagsFromString('--no-parallel-scavenge')
}
