import { MAX_PARSE_CPU_MS, MAX_PARSER_READS_PER_CHAR, MAX_PARSER_STEPS_PER_CHAR } from './limits.ts'

/**
 * What parsing may still cost a run, in characters and in processor time of this process. Texts that share a budget use
 * it up in their order; one that was parsed before and is remembered costs nothing.
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

  /** Why a text of so many characters is not parsed any more, as a clause for people; undefined when it may be. */
  refusal(chars: number): string | undefined {
    if (this.#chars + chars > this.maxChars) return `with it more than ${this.maxChars} characters would be parsed`
    return this.#cpuMs >= this.maxCpuMs ? `parsing took its ${this.maxCpuMs} ms of processor time` : undefined
  }

  /** Processor time that one text may take now. */
  get textCpuMs(): number {
    return Math.min(MAX_PARSE_CPU_MS, this.maxCpuMs - this.#cpuMs)
  }

  spend(chars: number, cpuMs: number): void {
    this.#chars += chars
    this.#cpuMs += cpuMs
  }
}

/** To begin with, whatever the length. */
const FIRST_STEPS = 2_000
/** The wall clock is read once in so many steps and reads. */
const CLOCK_EVERY = 32
/** The processor time is read once in so many milliseconds: where the system answers slowly, that takes longer than parsing. */
const CPU_EVERY_MS = 20

/** What the parser does with one text, and whether that is too much. */
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

  /** Counts a call of the parser, who asks whether to go on or for a piece of the text; true when it must stop. */
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

  /** Processor time since the beginning. */
  cpuMs(): number {
    return processCpuMs() - this.#startMs
  }
}

/** Of all threads of the process: one that waits for a core, or for another process, uses none. */
function processCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
