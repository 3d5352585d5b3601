import type { Node, Tree } from 'web-tree-sitter'
import { FuseSearchError } from '../core/index.ts'
import type { Definition, Language } from './definition.ts'
import { type Grammar, grammarOf } from './grammars.ts'
import { MAX_NAME_CHARS, MAX_PARSER_CALLS_PER_CHAR, reasonNotParsed } from './limits.ts'
import { type Mark, outlineOf } from './outline.ts'
import { recall } from './remember.ts'
import type { Finding, Rules } from './rules/index.ts'
import { nodesOf } from './walk.ts'

/**
 * The functions and named types of a source text, in source order, overloads as separate entries.
 * Text with syntax errors gives what can be recognized. Text that {@link reasonNotParsed} names, and text on which the
 * grammar gets lost (see {@link MAX_PARSER_CALLS_PER_CHAR}), gives an empty list.
 * Throws `grammar-failed` when the grammar can't be loaded or runs out of memory.
 */
export async function parseDefinitions(text: string, language: Language): Promise<readonly Definition[]> {
  if (text.length === 0) return []
  // Ended by a newline first: a file and its lines joined again are then one text to remember.
  // And the Kotlin grammar never returns from a declaration that ends the text without one.
  const source = text.endsWith('\n') ? text : `${text}\n`
  return recall(source, language, async () => (reasonNotParsed(text) === undefined ? parseText(source, language) : []))
}

async function parseText(text: string, language: Language): Promise<readonly Definition[]> {
  const grammar = await grammarOf(language)
  try {
    return definitionsIn(text, grammar)
  } catch (cause) {
    throw new FuseSearchError(
      `the ${language} grammar failed on a text of ${text.length} characters: ${cause instanceof Error ? cause.message : String(cause)}; leave the file out`,
      { code: 'grammar-failed', cause },
    )
  }
}

function definitionsIn(text: string, grammar: Grammar): Definition[] {
  const tree = parseBounded(text, grammar)
  if (tree === undefined) return []
  try {
    const context = { text, tree, rules: grammar.rules }
    const marks: Mark[] = []
    for (const node of nodesOf(tree, grammar.wanted)) {
      const finding = grammar.rules.nodes[node.type]?.(node)
      if (finding !== undefined && isNameable(finding)) marks.push(markOf(node, finding, context))
    }
    return outlineOf(marks, text)
  } finally {
    // A tree lives outside the garbage-collected heap: undeleted ones pile up to gigabytes.
    tree.delete()
  }
}

/** Parses with a bound on the parser's steps, which unlike a clock gives the same answer on every machine. */
function parseBounded(text: string, grammar: Grammar): Tree | undefined {
  const maxCalls = 2_000 + text.length * MAX_PARSER_CALLS_PER_CHAR
  let calls = 0
  const tree = grammar.parser.parse(text, null, { progressCallback: () => ++calls > maxCalls })
  if (tree !== null) return tree
  // Without a reset the next text would be taken as the rest of this one.
  grammar.parser.reset()
  return undefined
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

/** As written, up to the type arguments or the call. */
function baseName(text: string): string {
  return text.replace(/[<([][^]*$/, '').trim()
}

function textOf(node: Node, context: Context): string {
  return context.text.slice(node.startIndex, node.endIndex)
}

/** The row of the node's last character; without trailing comments where the language does not count them. */
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

/** True for a line that is blank or holds a comment alone; a string's line may begin like a comment, so the tree is asked. */
function isCommentLine(line: string, lineStart: number, tree: Tree): boolean {
  const first = line.search(/\S/)
  if (first === -1) return true
  return line[first] === '#' && tree.rootNode.descendantForIndex(lineStart + first)?.type === 'comment'
}
