/** Longer texts are not parsed: they are generated or data, and a tree takes about thirty times its text in memory. */
export const MAX_PARSED_CHARS = 1_000_000

/** A text longer than this counts as minified if its mean line is longer than {@link MINIFIED_MEAN_LINE}. */
export const MINIFIED_MIN_CHARS = 20_000

/** Mean line length above which a text counts as minified: hand-written code stays below 100, tables below 1,500. */
export const MINIFIED_MEAN_LINE = 2_000

/**
 * Brackets of one kind that may be open at once. At the end of a text that leaves thousands open, the grammars' error
 * recovery takes minutes and gigabytes (20,000 times `a<` aborts the Java grammar); at a thousand it takes no time.
 */
export const MAX_OPEN_BRACKETS = 1_000

/**
 * The parser calls its progress check about once per hundred steps: 0.01 to 0.03 calls per character in ordinary code.
 * Parsing stops when a text needs more than this plus 2,000.
 */
export const MAX_PARSER_STEPS_PER_CHAR = 0.1

/**
 * The parser reads a text in pieces of {@link PIECE_CHARS}, and reads a piece again when a grammar looks back or far
 * ahead: 0.003 to 0.01 reads per character in ordinary code, 0.23 in Scala. A grammar that scans the rest of the text
 * at each token needs more than this, and parsing stops as it does for too many steps.
 */
export const MAX_PARSER_READS_PER_CHAR = 0.5

/** UTF-16 units of a piece. Scala's grammar looks back at each line, and copying larger pieces would dominate. */
export const PIECE_CHARS = 512

/**
 * Most processor time for one text. Steps and reads don't bound it: on shuffled words a step takes a millisecond. A
 * million characters of ordinary code take 0.4 to 1.5 s.
 */
export const MAX_PARSE_CPU_MS = 2_500

/**
 * A longer name is an error: in a cut text, or one that isn't code of its language, error recovery takes whole passages
 * for a name, and every definition inside repeats it.
 */
export const MAX_NAME_CHARS = 300

/**
 * Why `parseDefinitions` returns an empty list without parsing, as a clause for people; `undefined` if it parses. The
 * rule depends only on the text, so equal texts always get equal results.
 */
export function reasonNotParsed(text: string): string | undefined {
  if (text.length > MAX_PARSED_CHARS)
    return `it has ${text.length} characters, and functions are listed in files of up to ${MAX_PARSED_CHARS}`
  if (text.includes('\0')) return 'it holds a NUL character, so it is taken as binary'
  if (text.length > MINIFIED_MIN_CHARS && !holds(text, '\n', text.length / MINIFIED_MEAN_LINE - 1))
    return `it looks minified, with more than ${MINIFIED_MEAN_LINE} characters a line on average`
  const hasMany = ['(', '[', '{', '<'].some((bracket) => holds(text, bracket, MAX_OPEN_BRACKETS + 1))
  if (hasMany && mostOpen(text) > MAX_OPEN_BRACKETS)
    return `it leaves more than ${MAX_OPEN_BRACKETS} brackets of one kind open`
  return undefined
}

/** Whether a character occurs at least this often. `indexOf` is much faster than a loop over all characters. */
function holds(text: string, character: string, times: number): boolean {
  let at = -1
  for (let found = 0; found < times; found++) {
    at = text.indexOf(character, at + 1)
    if (at === -1) return false
  }
  return true
}

/** The most brackets of one kind that are open at once. Brackets in strings and comments count too. */
function mostOpen(text: string): number {
  let [round, square, curly, angle, most] = [0, 0, 0, 0, 0]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 125 || (code > 62 && code < 91)) continue
    if (code === 40) most = Math.max(most, ++round)
    else if (code === 41) round = Math.max(0, round - 1)
    else if (code === 91) most = Math.max(most, ++square)
    else if (code === 93) square = Math.max(0, square - 1)
    else if (code === 123) most = Math.max(most, ++curly)
    else if (code === 125) curly = Math.max(0, curly - 1)
    else if (code === 60) most = Math.max(most, ++angle)
    else if (code === 62) angle = Math.max(0, angle - 1)
    // A less-than sign never closes, so the count of `<` starts again at the end of a statement or call.
    if (code === 59 || code === 123 || code === 125 || code === 41) angle = 0
  }
  return most
}

/** Lines from which a definition is enormous: an answer may show a part of it. */
export const ENORMOUS_LINES = 200
