/**
 * Control characters, invisible characters, and those that change the direction of writing. Code that shows text of a
 * repository escapes them, so that the text can't move the cursor or look like other text.
 */
export const UNSEEN =
  // oxlint-disable-next-line no-control-regex -- finding control characters is the point
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu

/** Removes all of these characters from both ends. A regular expression for the end would take quadratic time. */
export function trimOf(text: string, characters: string): string {
  let start = 0
  while (start < text.length && characters.includes(text.charAt(start))) start += 1
  return trimEndOf(text.slice(start), characters)
}

/** Removes all of these characters from the end. */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

/** Expressions for both ends of a span. */
export interface SpanEnds {
  readonly start: RegExp
  readonly end: RegExp
}

/**
 * Replaces each span from a start to the nearest end behind it; a start without an end stays. Linear in the text, where
 * one expression for the whole span would look for the end again from every start.
 */
export function replaceSpans(text: string, { start, end }: SpanEnds, replacement: string): string {
  const [starts, ends] = [start, end].map((pattern) => new RegExp(pattern.source, 'g'))
  if (starts === undefined || ends === undefined) return text
  let result = ''
  let at = 0
  for (let opening = starts.exec(text); opening !== null; opening = starts.exec(text)) {
    ends.lastIndex = starts.lastIndex
    const closing = ends.exec(text)
    if (closing === null) break
    result += text.slice(at, opening.index) + replacement
    at = ends.lastIndex
    starts.lastIndex = at
  }
  return result + text.slice(at)
}
