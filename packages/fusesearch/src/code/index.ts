/**
 * code: which language a file is in, and where its functions and classes are.
 * Parses the text that it gets. Reads no file of a searched repository and knows nothing about issues or policies.
 */
export { expectBriefProcess } from './compile.ts'
export type { Definition, Language, Outline } from './definition.ts'
export { definitionsOf, hasDefinitions, type ReadOutlineOptions, readOutline } from './definitions-of.ts'
export { ParseBudget } from './effort.ts'
export { innermostFunctionAt } from './innermost.ts'
export { LANGUAGES, languageOf } from './languages.ts'
export { ENORMOUS_LINES, MAX_PARSED_CHARS, reasonNotParsed } from './limits.ts'
export { loadLanguage } from './load.ts'
export {
  findOccurrences,
  type NamedText,
  type Occurrence,
  type OccurrenceKind,
  type Occurrences,
} from './occurrences.ts'
export { OutlineCache } from './outline-cache.ts'
export { type OutlineKind, outlineKindOf } from './outlines/kinds.ts'
export { parseDefinitions } from './parse.ts'
