import { InvalidArgumentError } from 'commander'

/** A parser for a whole number of at least `least`; commander names the option and the value in its error. */
export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (Number.isSafeInteger(number) && number >= least) return number
    throw new InvalidArgumentError(`Give a whole number of at least ${least}.`)
  }
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000 } as const

/** Milliseconds of `500ms`, `2s`, `1m`; a bare number counts seconds. */
export function durationMs(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(value)
  const unit = (match?.[2] ?? 's') as keyof typeof UNIT_MS
  const ms = Number(match?.[1]) * UNIT_MS[unit]
  if (ms > 0) return ms
  throw new InvalidArgumentError('Give a time such as 500ms, 2s or 1m.')
}
