import type { Node, Tree } from 'web-tree-sitter'
import { FuseSearchError } from '../core/index.ts'
import type { Definition, Language, Outline } from './definition.ts'
import { Effort, type ParseBudget } from './effort.ts'
import { type Grammar, grammarOf } from './grammars.ts'
import { MAX_NAME_CHARS, MAX_PARSE_CPU_MS, PIECE_CHARS, reasonNotParsed } from './limits.ts'
import { type Mark, outlineOf } from './outline.ts'
import type { OutlineCache, Parsed } from './outline-cache.ts'
import { blockName, blockRulesOf } from './rules/blocks.ts'
import type { Finding, Rules } from './rules/index.ts'
import { nodesOf } from './walk.ts'

/** Most blocks of a file; the others are left out. */
const MAX_BLOCKS = 5_000

/** How a text is parsed. */
export interface ParseOptions {
  /** Limits parsing across texts; only the limits for a single text apply when left out. */
  readonly budget?: ParseBudget | undefined
  /** Where outlines are looked up and kept; every text is parsed when left out. */
  readonly outlines?: OutlineCache | undefined
  /**
   * Adds definitions of kind `block` for what is neither function nor named type: constants and variables of modules,
   * fields of classes, members of enums, entries of exported objects. The other definitions stay the same.
   */
  readonly hasBlocks?: boolean
}

const GIVEN_UP = 'its grammar takes too long to make sense of it'

/**
 * The functions and named types of a source text, and its blocks if asked for. Text with syntax errors yields the
 * definitions that can be recognized. Text that {@link reasonNotParsed} refuses, text on which the grammar takes too
 * long (see {@link Effort}) and text beyond the budget yields an empty list and the reason.
 * Throws `grammar-failed` if the grammar can't be loaded or runs out of memory.
 */
export async function parseOutline(text: string, language: Language, options: ParseOptions = {}): Promise<Outline> {
  if (text.length === 0) return { definitions: [] }
  // Ensure a final newline. A file and its joined lines then have the same cache key, and the Kotlin grammar never
  // returns from a declaration at the end of a text without one.
  const source = text.endsWith('\n') ? text : `${text}\n`
  const parse = async (): Promise<Parsed> => {
    const reason = reasonNotParsed(text)
    if (reason !== undefined) return { outline: { definitions: [], notParsed: reason }, isFinal: true }
    const refusal = options.budget?.refusal(source.length)
    if (refusal !== undefined) return { outline: { definitions: [], notParsed: refusal }, isFinal: false }
    return parseText(source, language, options)
  }
  const kind = options.hasBlocks === true ? `${language} with blocks` : language
  return options.outlines?.recall(source, kind, parse) ?? (await parse()).outline
}

/** The functions and named types of {@link parseOutline}. */
export async function parseDefinitions(
  text: string,
  language: Language,
  options: ParseOptions = {},
): Promise<readonly Definition[]> {
  return (await parseOutline(text, language, options)).definitions
}

async function parseText(text: string, language: Language, { budget, hasBlocks }: ParseOptions): Promise<Parsed> {
  const grammar = await grammarOf(language)
  const blocksOf = hasBlocks === true ? language : undefined
  const read = inTree({ text, language, grammar, budget }, (tree) => definitionsIn({ text, grammar, tree, blocksOf }))
  if (read.kind === 'read') return { outline: { definitions: read.value }, isFinal: true }
  // Not final if the budget cut the text's time: with the full time, parsing may succeed.
  return { outline: { definitions: [], notParsed: GIVEN_UP }, isFinal: read.maxCpuMs === MAX_PARSE_CPU_MS }
}

/** The result of {@link readTree}: what was read, or why the text was not parsed, as a clause for people. */
export type TreeReading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly notParsed: string; readonly kind: 'not-parsed' }

/** A parsed text. It exposes no type of the parser's library, since users compile against it. */
export interface ParsedText {
  /** Including blocks. */
  readonly definitions: readonly Definition[]
  /** The types of at most `depth` nodes around a range of the text, innermost first. */
  readonly typesAt: (start: number, end: number, depth: number) => readonly string[]
}

/**
 * Parses a text and lets `read` look at its tree, which is freed afterwards. Refuses the same texts and throws the same
 * errors as {@link parseOutline}.
 */
export async function readTree<T>(
  text: string,
  { language, budget }: { readonly language: Language; readonly budget: ParseBudget | undefined },
  read: (parsed: ParsedText) => T,
): Promise<TreeReading<T>> {
  const source = text.endsWith('\n') ? text : `${text}\n`
  const refusal = reasonNotParsed(text) ?? budget?.refusal(source.length)
  if (refusal !== undefined) return { kind: 'not-parsed', notParsed: refusal }
  const grammar = await grammarOf(language)
  const reading = inTree({ text: source, language, grammar, budget }, (tree) =>
    read({
      definitions: definitionsIn({ text: source, grammar, tree, blocksOf: language }),
      typesAt: (start, end, depth) => typesAt(tree, { start, end, depth }),
    }),
  )
  return reading.kind === 'read' ? reading : { kind: 'not-parsed', notParsed: GIVEN_UP }
}

function typesAt(tree: Tree, at: { readonly start: number; readonly end: number; readonly depth: number }): string[] {
  const types: string[] = []
  let node = tree.rootNode.descendantForIndex(at.start, at.end - 1)
  for (; node !== null && types.length < at.depth; node = node.parent) types.push(node.type)
  return types
}

interface Parsing {
  readonly text: string
  readonly language: Language
  readonly grammar: Grammar
  readonly budget: ParseBudget | undefined
}

type InTree<T> = { readonly kind: 'read'; readonly value: T } | { readonly kind: 'given-up'; readonly maxCpuMs: number }

function inTree<T>({ text, language, grammar, budget }: Parsing, read: (tree: Tree) => T): InTree<T> {
  const maxCpuMs = budget?.textCpuMs ?? MAX_PARSE_CPU_MS
  const effort = new Effort(text.length, maxCpuMs)
  let tree: Tree | undefined
  try {
    tree = parseBounded(text, grammar, effort)
    return tree === undefined ? { kind: 'given-up', maxCpuMs } : { kind: 'read', value: read(tree) }
  } catch (cause) {
    throw new FuseSearchError(
      `the ${language} grammar failed on a text of ${text.length} characters: ${cause instanceof Error ? cause.message : String(cause)}; leave the file out`,
      { code: 'grammar-failed', cause },
    )
  } finally {
    // Trees live outside the garbage-collected heap; undeleted ones would add up to gigabytes.
    tree?.delete()
    budget?.spend(text.length, effort.cpuMs())
  }
}

interface Outlining {
  readonly text: string
  readonly grammar: Grammar
  readonly tree: Tree
  readonly blocksOf: Language | undefined
}

function definitionsIn({ text, grammar, tree, blocksOf }: Outlining): Definition[] {
  const context = { text, tree, rules: grammar.rules }
  const marks: Mark[] = []
  for (const node of nodesOf(tree, grammar.wanted)) {
    const finding = grammar.rules.nodes[node.type]?.(node)
    if (finding !== undefined && isNameable(finding)) marks.push(markOf(node, finding, context))
  }
  return outlineOf(blocksOf === undefined ? marks : [...blocksIn(context, blocksOf, marks), ...marks], text)
}

/** The blocks, without those that are already a function or type. */
function blocksIn(context: Context, language: Language, marks: readonly Mark[]): Mark[] {
  const { holders, blocks } = blockRulesOf(language)
  const taken = new Set(marks.filter(({ role }) => role === 'function' || role === 'class').map(({ start }) => start))
  return nodesOf(context.tree, { types: [...blocks], holders })
    .filter(({ startIndex }) => !taken.has(startIndex))
    .slice(0, MAX_BLOCKS)
    .map((node) => ({ node, finding: { role: 'block', name: blockName(node) } as const }))
    .filter(({ finding }) => isNameable(finding))
    .map(({ node, finding }) => markOf(node, finding, context))
}

function parseBounded(text: string, { parser }: Grammar, effort: Effort): Tree | undefined {
  // A grammar can look far ahead in a single step; when its effort is used up, it gets the end of the text.
  const read = (index: number): string | undefined => (effort.count('read') ? undefined : pieceOf(text, index))
  const tree = parser.parse(read, null, { progressCallback: () => effort.count('step') })
  if (tree !== null && !effort.isSpent) return tree
  tree?.delete()
  // Without a reset, the parser would treat the next text as the rest of this one.
  parser.reset()
  return undefined
}

/** A piece of the text from an index on. It never splits a surrogate pair. */
function pieceOf(text: string, start: number): string {
  const end = start + PIECE_CHARS
  const last = text.charCodeAt(end - 1)
  return text.slice(start, last >= 0xd800 && last <= 0xdbff ? end + 1 : end)
}

interface Context {
  readonly text: string
  readonly tree: Tree
  readonly rules: Rules
}

function isNameable({ name, receiver }: Finding): boolean {
  const nodes = [name, receiver].filter((part) => part !== undefined && typeof part !== 'string')
  return nodes.every(({ startIndex, endIndex }) => endIndex - startIndex <= MAX_NAME_CHARS)
}

function markOf(node: Node, finding: Finding, context: Context): Mark {
  const { role, name = '', receiver, bases = [] } = finding
  const own = typeof name === 'string' ? name : cleanName(name, context)
  return {
    role,
    start: node.startIndex,
    end: node.endIndex,
    startRow: node.startPosition.row,
    endRow: lastRow(node, context),
    nameRow: (typeof name === 'string' ? node : name).startPosition.row,
    name: receiver === undefined ? own : `${cleanName(receiver, context)}.${own}`,
    bases: bases.map((base) => baseName(textOf(base, context))),
  }
}

function cleanName(node: Node, context: Context): string {
  const text = textOf(node, context)
  return context.rules.cleanName?.(text) ?? text
}

/** A base's name as written, without type arguments or a call. */
function baseName(text: string): string {
  return text.replace(/[<([][^]*$/, '').trim()
}

function textOf(node: Node, context: Context): string {
  return context.text.slice(node.startIndex, node.endIndex)
}

/** The row of the node's last character, without trailing comments if the language doesn't count them. */
function lastRow(node: Node, context: Context): number {
  const { row: endRow, column } = node.endPosition
  let row = column === 0 && endRow > node.startPosition.row ? endRow - 1 : endRow
  let end = column === 0 && endRow > row ? node.endIndex - 1 : node.endIndex
  while (context.rules.hasTrailingComments === true && row > node.startPosition.row) {
    const lineStart = context.text.lastIndexOf('\n', end - 1) + 1
    const line = context.text.slice(lineStart, end)
    if (!isCommentLine(line, lineStart, context.tree)) break
    end = lineStart - 1
    row--
  }
  return row
}

/** True for a blank line or one with only a comment. Asks the tree, since a string's line can look like a comment. */
function isCommentLine(line: string, lineStart: number, tree: Tree): boolean {
  const first = line.search(/\S/)
  if (first === -1) return true
  return line[first] === '#' && tree.rootNode.descendantForIndex(lineStart + first)?.type === 'comment'
}
