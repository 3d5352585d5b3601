/** `83 ms`, `1.24 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${(ms / 1_000).toFixed(2)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}

/** `0.42` as `42%`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}

/** `812 B`, `12.4 kB`, `4 MB`; decimal units, as in messages about limits. */
export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`
  if (count < 1_000_000) return `${trimmed(count / 1_000)} kB`
  return `${trimmed(count / 1_000_000)} MB`
}

/** `1 call`, `2 calls`, `1,250 calls`, `2 entries`, `2 searches`. */
export function plural(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`
  const nouns = noun.endsWith('ch') ? `${noun}es` : `${noun}s`.replace(/([^aeiou])ys$/, '$1ies')
  return `${whole(count)} ${nouns}`
}

/** `12,345`. */
export function whole(count: number): string {
  return count.toLocaleString('en')
}

/** `lines 12–40`, or `line 12`. */
export function lineRange(startLine: number, endLine: number): string {
  return startLine === endLine ? `line ${startLine}` : `lines ${startLine}–${endLine}`
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}
