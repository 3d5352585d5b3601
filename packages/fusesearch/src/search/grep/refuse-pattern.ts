import type { CallFailure } from '../scope.ts'

/** Longest pattern that is handed to ripgrep; one argument of a process can't be much longer than this. */
const MAX_PATTERN_LENGTH = 10_000

/** The failure of a pattern that can't be passed to ripgrep; undefined for any other. */
export function refusePattern(pattern: string): CallFailure | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    const message = `The pattern has ${pattern.length} characters, more than ${MAX_PATTERN_LENGTH}. Search for a part of it.`
    return { ok: false, code: 'bad-pattern', message }
  }
  if (!pattern.includes('\0')) return undefined
  const message = 'The pattern has a NUL character, which no text file has. Leave it out.'
  return { ok: false, code: 'bad-pattern', message }
}
