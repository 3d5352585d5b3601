/** Characters of a passage that are looked at; a model reads a few hundred words at most. */
const MAX_CHARS = 4_000

/**
 * A text as an encoder reads it best: identifiers split into words, punctuation left out. Models of ordinary language
 * rank raw code worse than no model does.
 */
export function passageText(text: string): string {
  return text
    .slice(0, MAX_CHARS)
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
}
