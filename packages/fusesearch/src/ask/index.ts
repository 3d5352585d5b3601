/**
 * ask: look-ups other than localizing an issue: where a name is defined and used, what answers a question, and code
 * chosen to fit a number of tokens. It reads the tree as it is and keeps no index.
 */
export { type AskedPlace, inPlace } from './named-files.ts'
export { type AnsweringPlace, type AskResult, ask, type QuestionOptions } from './question.ts'
export {
  DEFAULT_SNIPPET_TOKENS,
  locatedPlaces,
  readSnippets,
  type Snippet,
  type Snippets,
  snippetMarkdown,
  type WantedPlace,
} from './snippets.ts'
export {
  DEFAULT_SYMBOLS,
  type FoundSymbol,
  findSymbols,
  type SymbolKind,
  type SymbolsOptions,
  type SymbolsResult,
} from './symbols.ts'
export {
  DEFAULT_USAGES,
  type FoundUsage,
  findUsages,
  OCCURRENCE_KINDS,
  USE_KINDS,
  type UsagesOptions,
  type UsagesResult,
} from './usages.ts'
