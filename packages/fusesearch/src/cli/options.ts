import { InvalidArgumentError } from 'commander'
import { ALL_TOOLS, PAPER_TOOLS, type ToolName } from '../search/index.ts'

/** A parser for a whole number of at least `least`; commander names the option and the value in its error. */
export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (Number.isSafeInteger(number) && number >= least) return number
    throw new InvalidArgumentError(`Give a whole number of at least ${least}.`)
  }
}

/** Commander's way to collect an option that may be given several times. */
export function gather(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000 } as const

/** Milliseconds of `500ms`, `2s`, `1m`. A bare number is refused, because its unit would be unclear. */
export function durationMs(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(value)
  const ms = Number(match?.[1]) * UNIT_MS[match?.[2] as keyof typeof UNIT_MS]
  if (ms > 0) return ms
  if (/^\d+(?:\.\d+)?$/.test(value)) throw new InvalidArgumentError(`Add a unit: ${value}s, ${value}ms or ${value}m.`)
  throw new InvalidArgumentError('Give a time with its unit, such as 500ms, 2s or 1m.')
}

/** The help text of `--tools`. */
export const TOOLS_HELP = `tools of the search: ${PAPER_TOOLS.join(',')}; add ,history to search commit messages too`

/** The tools of a comma-separated list: the paper's three, and optionally `history`. */
export function toolNames(value: string): readonly ToolName[] {
  const names = new Set(value.split(',').map((name) => name.trim()))
  const tools = ALL_TOOLS.filter((tool) => names.has(tool))
  if (tools.length === names.size && PAPER_TOOLS.every((tool) => names.has(tool))) return tools
  throw new InvalidArgumentError(`Give ${PAPER_TOOLS.join(',')} or ${ALL_TOOLS.join(',')}.`)
}

/** A share from 0 to 1. */
export function share(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && number <= 1) return number
  throw new InvalidArgumentError('Give a number from 0 to 1.')
}

/** A weight, from 0. */
export function weight(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && Number.isFinite(number)) return number
  throw new InvalidArgumentError('Give a number of at least 0.')
}

/** The breadth of a turn: a number of calls, or as many as the policy chooses. */
export function breadth(value: string): 'adaptive' | number {
  if (value === 'adaptive') return value
  const number = /^\d+$/.test(value) ? Number(value) : 0
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw new InvalidArgumentError('Give adaptive, or a whole number of at least 1.')
}
