/** Longer texts are not parsed: such files are generated or data, and a tree takes some thirty times its text in memory. */
export const MAX_PARSED_CHARS = 1_000_000

/** A text longer than this with longer lines on average than {@link MINIFIED_MEAN_LINE} counts as minified. */
export const MINIFIED_MIN_CHARS = 20_000

/** Mean line length above which a text is taken as minified: hand-written code stays below 100, tables below 1,500. */
export const MINIFIED_MEAN_LINE = 2_000

/**
 * Brackets of one kind that may be open at once. At the end of a text that leaves thousands open, the grammars' error
 * recovery takes minutes and gigabytes (20,000 times `a<` aborts the Java grammar); at a thousand it takes no time.
 */
export const MAX_OPEN_BRACKETS = 1_000

/**
 * The parser asks whether to go on once in about a hundred steps: 0.01 to 0.03 times a character in ordinary code.
 * A text that takes more than this (and 2,000 to begin with) is given up.
 */
export const MAX_PARSER_STEPS_PER_CHAR = 0.1

/**
 * The parser takes a text in pieces of {@link PIECE_CHARS}, and one anew whenever a grammar looks back or far ahead:
 * 0.003 to 0.01 times a character in ordinary code, 0.23 in Scala. A grammar that looks through the rest of the text at
 * each token takes more than this, and is ended like one that takes too many steps.
 */
export const MAX_PARSER_READS_PER_CHAR = 0.5

/** UTF-16 units of a piece. Copying a larger one takes most of the time in Scala, whose grammar looks back at each line. */
export const PIECE_CHARS = 512

/**
 * Processor time of one text, where steps and reads don't tell: on shuffled words a step takes a millisecond. A million
 * characters of ordinary code take 0.4 to 1.5 s.
 */
export const MAX_PARSE_CPU_MS = 2_500

/**
 * A longer name is none: in a text that was cut off or is no code of its language, error recovery takes whole passages
 * for one, and every definition inside repeats it.
 */
export const MAX_NAME_CHARS = 300

/**
 * Why `parseDefinitions` answers with an empty list without parsing, as a clause for people; `undefined` when it parses.
 * The rule depends on the text alone, so equal texts always get equal answers.
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

/** Whether a character occurs at least so many times. It is searched for, which takes a fraction of looking at each character. */
function holds(text: string, character: string, times: number): boolean {
  let at = -1
  for (let found = 0; found < times; found++) {
    at = text.indexOf(character, at + 1)
    if (at === -1) return false
  }
  return true
}

/** The most brackets of one kind that were open at once; strings and comments are not told apart. */
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
    // A `<` that is no bracket stays open; none outlives a statement or a call.
    if (code === 59 || code === 123 || code === 125 || code === 41) angle = 0
  }
  return most
}
