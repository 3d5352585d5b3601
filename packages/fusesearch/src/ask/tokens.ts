import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Counts the tokens of a text. */
export type CountTokens = (text: string) => number

interface Tokenizer {
  readonly countTokens: (text: string, options: { readonly disallowedSpecial: ReadonlySet<string> }) => number
}

const NONE: ReadonlySet<string> = new Set()

/**
 * A counter by the vocabulary o200k_base of OpenAI's models; the counts of other models differ somewhat. Its 2 MB are
 * loaded by the first call. Text that looks like a special token counts as the text that it is.
 */
export async function loadTokenCounter(): Promise<CountTokens> {
  const file = createRequire(import.meta.url).resolve('#tokenizer')
  const tokenizer = (await import(pathToFileURL(file).href)) as Tokenizer
  return (text) => tokenizer.countTokens(text, { disallowedSpecial: NONE })
}
