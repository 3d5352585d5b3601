import type { Language } from './definition.ts'
import { grammarOf } from './grammars.ts'

/**
 * Loads the grammar of a language: 5 to 70 ms the first time, nothing after.
 * Throws `grammar-failed` when the grammar's file is missing or unreadable: the build puts it in place.
 */
export async function loadLanguage(language: Language): Promise<void> {
  await grammarOf(language)
}
