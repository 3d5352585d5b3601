import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { brotliDecompressSync } from 'node:zlib'
import type { Parser } from 'web-tree-sitter'
import { FuseSearchError } from '../core/index.ts'
import { compileGrammar, compileParser, instantiate } from './compile.ts'
import type { Language } from './definition.ts'
import { loadRules, type Rules } from './rules/index.ts'
import type { Wanted } from './walk.ts'

/** Grammars ship compressed: 1.8 MB instead of 28.5. Pieces of this size need few copies when unpacking. */
const UNPACKED_PIECE_BYTES = 1_048_576

/** A loaded grammar: one parser and the rules, reused for every file of the language. */
export interface Grammar {
  readonly parser: Parser
  readonly rules: Rules
  /** The node types that the rules look at. */
  readonly wanted: Wanted
}

/** Running and finished loads, which concurrent callers share. A failed load is removed and can be retried. */
const loads = new Map<Language, Promise<Grammar>>()

/**
 * The loaded grammar of a language. Throws `grammar-failed` if its file, which the build writes, is missing or
 * unreadable.
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
    // Imported here because a localization starts with a search and needs no parser until it has read a file.
    const [{ Parser, Language: TreeLanguage }, rules] = await Promise.all([
      import('web-tree-sitter'),
      loadRules(language),
    ])
    const { resolve } = createRequire(import.meta.url)
    await initialized(Parser, resolve('web-tree-sitter/web-tree-sitter.wasm'))
    const file = resolve(`#grammars/${language}.wasm.br`)
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

let parser: Promise<void> | undefined

/** Initializes the parser once, since each initialization makes another parser. A failed one can be retried. */
function initialized(library: typeof Parser, file: string): Promise<void> {
  parser ??= initialize(library, file).catch((error: unknown) => {
    parser = undefined
    throw error
  })
  return parser
}

async function initialize(library: typeof Parser, file: string): Promise<void> {
  const module = compileParser(await readFile(file))
  await library.init({
    instantiateWasm(imports: object, receive: (instance: object, module: object) => void) {
      receive(instantiate(module, imports), module)
      return {}
    },
  })
}

/** Takes 1 to 10 ms per language, once; on the thread pool it would take longer. */
function unpacked(file: Buffer): Buffer {
  return brotliDecompressSync(file, { chunkSize: UNPACKED_PIECE_BYTES })
}
