import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { brotliDecompressSync } from 'node:zlib'
import type { Parser } from 'web-tree-sitter'
import { FuseSearchError } from '../core/index.ts'
import { compileGrammar } from './compile.ts'
import type { Language } from './definition.ts'
import { loadRules, type Rules } from './rules/index.ts'
import type { Wanted } from './walk.ts'

/** Grammars ship compressed, 1.8 MB instead of 28.5; one piece this large is unpacked with few copies. */
const UNPACKED_PIECE_BYTES = 1_048_576

/** A loaded grammar: one parser and the rules, reused for every file of the language. */
export interface Grammar {
  readonly parser: Parser
  readonly rules: Rules
  /** The nodes that the rules judge. */
  readonly wanted: Wanted
}

/** Loads that were begun, so that concurrent callers share one; a failed load is forgotten and may be tried again. */
const loads = new Map<Language, Promise<Grammar>>()

/**
 * The loaded grammar of a language.
 * Throws `grammar-failed` when its file is missing or unreadable: the build puts it in place.
 */
export function grammarOf(language: Language): Promise<Grammar> {
  const begun = loads.get(language)
  if (begun !== undefined) return begun
  const load = loadGrammar(language)
  loads.set(language, load)
  load.catch(() => loads.delete(language))
  return load
}

async function loadGrammar(language: Language): Promise<Grammar> {
  try {
    // Imported here: a localization begins with a search, and needs no parser until it has read a file.
    const [{ Parser, Language: TreeLanguage }, rules] = await Promise.all([
      import('web-tree-sitter'),
      loadRules(language),
    ])
    await Parser.init()
    const file = createRequire(import.meta.url).resolve(`#grammars/${language}.wasm.br`)
    const tree = TreeLanguage.loadSync(compileGrammar(unpacked(await readFile(file))))
    return {
      parser: new Parser().setLanguage(tree),
      rules,
      wanted: { types: Object.keys(rules.nodes), holders: rules.holders },
    }
  } catch (cause) {
    throw new FuseSearchError(
      `the grammar of ${language} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}; run the build (npm run build) or install the package again`,
      { code: 'grammar-failed', cause },
    )
  }
}

/** Takes 1 to 10 ms, once a language; on the thread pool it would take longer than here. */
function unpacked(file: Buffer): Buffer {
  return brotliDecompressSync(file, { chunkSize: UNPACKED_PIECE_BYTES })
}
