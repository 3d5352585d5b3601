/** Shorter texts occur nearly everywhere, so looking for them doesn't help. */
const MIN_LENGTH = 3

/**
 * Texts of which every match of an expression contains at least one, or undefined if none are found.
 * Looks only at the outermost level: a run of characters, or a group of alternatives that are such runs.
 * `pattern` must be of the small syntax that may share a walk: no flags, no sets within sets, no escapes of bytes.
 */
export function requiredLiterals(pattern: string): readonly string[] | undefined {
  let best: readonly string[] | undefined
  let at = 0
  while (at < pattern.length) {
    const rest = pattern.slice(at)
    if (rest.startsWith('|')) return undefined
    const part = readPart(rest)
    const isOptional = /^(?:[*?]|\{)/.test(pattern.slice(at + part.length))
    if (!isOptional && part.literals !== undefined && isBetter(part.literals, best)) best = part.literals
    at += part.length
    // The numbers of a quantifier aren't text.
    at += /^\{[\d,]*\}/.exec(pattern.slice(at))?.[0].length ?? 0
  }
  return best
}

interface Part {
  readonly length: number
  readonly literals: readonly string[] | undefined
}

function readPart(rest: string): Part {
  if (rest.startsWith('(')) return readGroup(rest)
  if (rest.startsWith('[')) return { length: closingBracket(rest) + 1, literals: undefined }
  if (rest.startsWith('\\')) return { length: 2, literals: undefined }
  // A quantifier applies to the last character only, so that character is left out.
  const run = /^\w+(?![*+?{\w])|^\w+(?=\w[*+?{])/.exec(rest)?.[0]
  if (run === undefined) return { length: 1, literals: undefined }
  return { length: run.length, literals: run.length >= MIN_LENGTH ? [run] : undefined }
}

function readGroup(rest: string): Part {
  let depth = 0
  for (let at = 0; at < rest.length; at += 1) {
    const character = rest[at]
    if (character === '\\') at += 1
    else if (character === '[') at += closingBracket(rest.slice(at))
    else if (character === '(') depth += 1
    else if (character === ')') {
      depth -= 1
      if (depth === 0) return { length: at + 1, literals: alternativesOf(rest.slice(1, at)) }
    }
  }
  return { length: rest.length, literals: undefined }
}

function alternativesOf(content: string): readonly string[] | undefined {
  const alternatives = content.replace(/^\?:/, '').split('|')
  return alternatives.every((text) => /^\w+$/.test(text) && text.length >= MIN_LENGTH) ? alternatives : undefined
}

/** Index of the bracket that closes a set; one right behind the opening belongs to the set. */
function closingBracket(rest: string): number {
  for (let at = rest[1] === '^' ? 3 : 2; at < rest.length; at += 1) {
    if (rest[at] === '\\') at += 1
    else if (rest[at] === ']') return at
  }
  return rest.length - 1
}

/** Longer texts are rarer; among equals, fewer are. */
function isBetter(literals: readonly string[], best: readonly string[] | undefined): boolean {
  if (best === undefined) return true
  return shortest(literals) > shortest(best) || (shortest(literals) === shortest(best) && literals.length < best.length)
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map((text) => text.length))
}
