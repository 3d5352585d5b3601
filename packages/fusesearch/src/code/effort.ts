import { MAX_PARSE_CPU_MS, MAX_PARSER_READS_PER_CHAR, MAX_PARSER_STEPS_PER_CHAR } from './limits.ts'

/**
 * How much more a run may parse, in characters and in processor time of this process. Texts that share a budget use it
 * in order; a text whose definitions are cached costs nothing.
 */
export class ParseBudget {
  readonly maxChars: number
  readonly maxCpuMs: number
  #chars = 0
  #cpuMs = 0

  constructor({ maxChars, maxCpuMs }: { readonly maxChars: number; readonly maxCpuMs: number }) {
    this.maxChars = maxChars
    this.maxCpuMs = maxCpuMs
  }

  /** Why a text of this many characters may no longer be parsed, as a clause for people; undefined if it may. */
  refusal(chars: number): string | undefined {
    if (this.#chars + chars > this.maxChars) return `with it more than ${this.maxChars} characters would be parsed`
    return this.#cpuMs >= this.maxCpuMs ? `parsing took its ${this.maxCpuMs} ms of processor time` : undefined
  }

  /** The processor time that the next text may take. */
  get textCpuMs(): number {
    return Math.min(MAX_PARSE_CPU_MS, this.maxCpuMs - this.#cpuMs)
  }

  spend(chars: number, cpuMs: number): void {
    this.#chars += chars
    this.#cpuMs += cpuMs
  }
}

/** Steps that a text of any length may take. */
const FIRST_STEPS = 2_000
/** The wall clock is read once per this many steps and reads. */
const CLOCK_EVERY = 32
/** Processor time is read at most this often, since on some systems the read takes longer than parsing. */
const CPU_EVERY_MS = 20

/** Measures the parser's work on one text and tells when it is too much. */
export class Effort {
  isSpent = false
  readonly #maxSteps: number
  readonly #maxReads: number
  readonly #maxCpuMs: number
  readonly #startMs = processCpuMs()
  #steps = 0
  #reads = 0
  #readMs = performance.now()

  constructor(chars: number, maxCpuMs: number) {
    this.#maxSteps = FIRST_STEPS + chars * MAX_PARSER_STEPS_PER_CHAR
    this.#maxReads = FIRST_STEPS + chars * MAX_PARSER_READS_PER_CHAR
    this.#maxCpuMs = maxCpuMs
  }

  /** Counts one call from the parser (a progress check or a read of the text); true if parsing must stop. */
  count(what: 'read' | 'step'): boolean {
    if (what === 'read') this.#reads++
    else this.#steps++
    const isClockDue = (this.#steps + this.#reads) % CLOCK_EVERY === 0
    this.isSpent ||= this.#steps > this.#maxSteps || this.#reads > this.#maxReads
    this.isSpent ||= isClockDue && this.#isCpuDue() && this.cpuMs() > this.#maxCpuMs
    return this.isSpent
  }

  #isCpuDue(): boolean {
    const nowMs = performance.now()
    if (nowMs - this.#readMs < CPU_EVERY_MS) return false
    this.#readMs = nowMs
    return true
  }

  /** Processor time since the start. */
  cpuMs(): number {
    return processCpuMs() - this.#startMs
  }
}

/** Processor time of all threads of the process. Waiting for a core or another process doesn't count. */
function processCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
