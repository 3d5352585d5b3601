import type { GlobParts } from './parse.ts'

/** Searching for more texts one by one takes longer than the automaton, which looks for all of them at once. */
const MAX_TEXTS = 16

/**
 * Returns texts of which every path that matches one of the globs contains at least one, or undefined if there are none
 * or more than `maxTexts`. Searching for them first rejects most paths quickly. With `ignoreCase` they are in ASCII and small
 * letters, and so must the path be.
 */
export function requiredTexts(
  globs: readonly GlobParts[],
  ignoreCase = false,
  maxTexts = MAX_TEXTS,
): readonly string[] | undefined {
  const texts = textsOf(globs, maxTexts)?.map((text) => (ignoreCase ? text.toLowerCase() : text))
  return ignoreCase && texts?.some((text) => !IS_ASCII.test(text)) ? undefined : texts
}

const IS_ASCII = /^[\0-\x7f]*$/

function textsOf(globs: readonly GlobParts[], maxTexts: number): readonly string[] | undefined {
  const texts: string[] = []
  for (const parts of globs) {
    const own = requiredOf(parts, maxTexts)
    if (own === undefined || texts.length + own.length > maxTexts) return undefined
    texts.push(...own)
  }
  return texts
}

/** Of all texts that the parts require, returns those whose shortest one is the longest. */
function requiredOf(parts: GlobParts, maxTexts: number): readonly string[] | undefined {
  let best: readonly string[] | undefined
  let run = ''
  const offer = (texts: readonly string[] | undefined): void => {
    if (texts !== undefined && shortest(texts) > shortest(best ?? [''])) best = texts
  }
  for (const part of parts) {
    if (part.kind === 'character') run += String.fromCodePoint(part.code)
    else {
      offer([run])
      run = ''
      if (part.kind === 'alternatives') offer(textsOf(part.alternatives, maxTexts))
    }
  }
  offer([run])
  return best
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map(({ length }) => length))
}
