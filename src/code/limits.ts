/** Longer texts are not parsed: such files are generated or data, and a tree takes up to 60 times its text in memory. */
export const MAX_PARSED_CHARS = 1_500_000

/** A text longer than this with longer lines on average than {@link MINIFIED_MEAN_LINE} counts as minified. */
export const MINIFIED_MIN_CHARS = 20_000

/** Mean line length above which a text is taken as minified; hand-written code stays below 100. */
export const MINIFIED_MEAN_LINE = 400

/**
 * Why `parseDefinitions` answers with an empty list without parsing, as a sentence for people; `undefined` when it parses.
 * The rule depends on the text alone, so equal texts always get equal answers.
 */
export function reasonNotParsed(text: string): string | undefined {
  if (text.length > MAX_PARSED_CHARS)
    return `the file has ${text.length} characters; functions are found in files of up to ${MAX_PARSED_CHARS}`
  if (text.length > MINIFIED_MIN_CHARS && text.length > MINIFIED_MEAN_LINE * countLines(text))
    return `the file looks minified (more than ${MINIFIED_MEAN_LINE} characters a line on average); its functions are not listed`
  return undefined
}

function countLines(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

/**
 * The parser asks whether to go on once in about a hundred steps. Ordinary code takes 0.01 to 0.05 such calls a
 * character; text on which error recovery runs wild takes far more and is given up at this many (and 1,000 to begin with).
 */
export const MAX_PARSER_CALLS_PER_CHAR = 0.5
