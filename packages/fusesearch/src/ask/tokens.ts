import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Counts the tokens of a text. */
export type CountTokens = (text: string) => number

interface Tokenizer {
  readonly countTokens: (text: string, options: { readonly disallowedSpecial: ReadonlySet<string> }) => number
}

const NONE: ReadonlySet<string> = new Set()

/**
 * A counter with o200k_base, the vocabulary of OpenAI's models; other models' counts differ somewhat. The first call
 * loads its 2 MB. Text that looks like a special token counts as plain text.
 */
export async function loadTokenCounter(): Promise<CountTokens> {
  const file = createRequire(import.meta.url).resolve('#tokenizer')
  const tokenizer = (await import(pathToFileURL(file).href)) as Tokenizer
  return (text) => tokenizer.countTokens(text, { disallowedSpecial: NONE })
}
