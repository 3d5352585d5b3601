/** zoekt looks up texts of at least this length. */
export const MIN_LOOKED_UP = 3
/** With more texts, the query takes longer than an expression. */
const MAX_TEXTS = 200

/**
 * Texts of which every match of an expression contains at least one; undefined if none are known. Includes groups
 * and alternatives. Only for the small syntax of `patternKind` `expression`. No text is shorter than `minLength`.
 */
export function textsOfExpression(pattern: string, minLength = MIN_LOOKED_UP): readonly string[] | undefined {
  const texts = split(pattern).map((sequence) => textsOfSequence(sequence, minLength))
  if (texts.some((some) => some === undefined)) return undefined
  const all = [...new Set(texts.flatMap((some) => some ?? []))]
  return all.length > MAX_TEXTS ? undefined : all
}

const QUANTIFIER = /^(?:[*+?]|\{(\d{1,3})(?:,\d{0,3})?\})\??/

/** Of the sets of texts that the parts of a sequence require, the one whose shortest text is the longest. */
function textsOfSequence(sequence: string, minLength: number): readonly string[] | undefined {
  let best: readonly string[] | undefined
  let run = ''
  const offer = (texts: readonly string[] | undefined): void => {
    if (texts !== undefined && shortest(texts) >= minLength && shortest(texts) > shortest(best ?? [''])) best = texts
  }
  const endRun = (): void => {
    offer([run])
    run = ''
  }
  for (let at = 0; at < sequence.length; ) {
    const end = partEnd(sequence, at)
    const part = sequence.slice(at, end)
    const [quantifier = '', least] = QUANTIFIER.exec(sequence.slice(end)) ?? []
    const isOptional = quantifier !== '' && !quantifier.startsWith('+') && Number(least ?? 0) === 0
    const text = textOf(part)
    if (text !== undefined && quantifier === '') run += text
    // A boundary has no width.
    else if (!/^(?:\\[bB]|[\^$])$/.test(part)) {
      endRun()
      if (part.startsWith('(') && !isOptional) {
        offer(textsOfExpression(part.replace(/^\((?:\?:)?/, '').slice(0, -1), minLength))
      }
    }
    at = end + quantifier.length
  }
  endRun()
  return best
}

/** The text of a part that matches exactly this text; undefined for others. */
function textOf(part: string): string | undefined {
  if (/^\\[^\w\s]$/.test(part)) return part.slice(1)
  return /^[^\\[(.^$]/.test(part) ? part : undefined
}

/** Index after the part that begins at a position. */
function partEnd(sequence: string, at: number): number {
  const character = sequence.charAt(at)
  if (character === '\\') return at + 2
  if (character === '[') return setEnd(sequence, at) + 1
  if (character === '(') return groupEnd(sequence, at) + 1
  return at + String.fromCodePoint(sequence.codePointAt(at) ?? 0).length
}

/** Index of the bracket that closes a set; one directly after the opening bracket belongs to the set. */
export function setEnd(pattern: string, start: number): number {
  const first = pattern[start + 1] === '^' ? start + 2 : start + 1
  for (let at = first; at < pattern.length; at += 1) {
    if (pattern[at] === '\\') at += 1
    else if (pattern[at] === ']' && at > first) return at
  }
  return pattern.length - 1
}

function groupEnd(pattern: string, start: number): number {
  let depth = 0
  for (let at = start; at < pattern.length; at += 1) {
    const character = pattern[at]
    if (character === '\\') at += 1
    else if (character === '[') at = setEnd(pattern, at)
    else if (character === '(') depth += 1
    else if (character === ')') {
      depth -= 1
      if (depth === 0) return at
    }
  }
  return pattern.length - 1
}

/** The top-level alternatives. */
function split(pattern: string): readonly string[] {
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < pattern.length; at = partEnd(pattern, at)) {
    if (pattern[at] !== '|') continue
    parts.push(pattern.slice(start, at))
    start = at + 1
  }
  return [...parts, pattern.slice(start)]
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map((text) => text.length))
}
