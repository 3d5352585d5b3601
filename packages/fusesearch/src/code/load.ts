import type { Language } from './definition.ts'
import { grammarOf } from './grammars.ts'

/**
 * Loads the grammar of a language: 5 to 70 ms the first time, no time after that.
 * Throws `grammar-failed` if the grammar's file, which the build writes, is missing or unreadable.
 */
export async function loadLanguage(language: Language): Promise<void> {
  await grammarOf(language)
}
