const MARK = '[key]'

/** Keys shorter than this are taken out only where they stand as a word: `x` occurs in every text. */
const WHOLE_WORD_BELOW = 8

/** What looks like a key, whoever's it is. */
const KEY_LIKE = /\b(?:sk|pk|rk)-[\w-]{12,}|\bBearer\s+[^\s"',;]{3,}[^\s"',;.]/gi

/**
 * Takes the key, what else is secret, and what looks like a key, out of a text that people or trajectories get to see.
 */
export function createRedactor(key: string | undefined, secrets: readonly string[] = []): (text: string) => string {
  const known = [...(key === undefined ? [] : [key]), ...secrets].filter((secret) => secret !== '')
  const own = known
    .flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
    .map(patternOf)
  return (text) => own.reduce((shown, pattern) => shown.replace(pattern, MARK), text).replace(KEY_LIKE, MARK)
}

/** Takes only the key itself out: for what a model wrote, of which nothing else may change. */
export function createKeyRemover(key: string | undefined): (text: string) => string {
  if (key === undefined || key.length < WHOLE_WORD_BELOW) return (text) => text
  return (text) => (text.includes(key) ? text.replaceAll(key, MARK) : text)
}

function patternOf(key: string): RegExp {
  const escaped = key.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return new RegExp(key.length < WHOLE_WORD_BELOW ? `(?<!\\w)${escaped}(?!\\w)` : escaped, 'g')
}
