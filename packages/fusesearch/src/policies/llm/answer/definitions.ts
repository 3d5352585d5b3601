import { type Definition, languageOf, parseDefinitions } from '../../../code/index.ts'
import { trimOf } from '../../../core/index.ts'
import type { SeenFile } from '../knowledge.ts'
import type { NamedFunction } from './read-answer.ts'

/** A function of an answer, in the form of the matching definition. */
export interface ResolvedFunction {
  readonly name: string
  readonly startLine: number
  readonly endLine: number
  /** What was changed, as a clause; undefined if nothing was. */
  readonly repair: string | undefined
}

/** Lines after this one are not parsed: only a small part of such a large file was seen. */
const MAX_LINE = 20_000

/** A definition in the seen lines. */
export interface SeenDefinition extends Definition {
  /** True if all its lines and the line after it were seen, so that its range is the real one. */
  readonly isWhole: boolean
}

/**
 * The definitions in the seen lines. Unseen lines are parsed as empty lines, so that line numbers stay right. A
 * definition without a class counts only if every line above it was seen, since an unseen line may name its class.
 */
export async function definitionsSeen(file: SeenFile | undefined): Promise<readonly SeenDefinition[]> {
  const language = file === undefined ? undefined : languageOf(file.path)
  if (file === undefined || language === undefined || file.lines.size === 0) return []
  const lines: string[] = []
  for (const [line, text] of file.lines) if (line <= MAX_LINE) lines[line - 1] = text
  const isSeen = (from: number, to: number): boolean => {
    for (let line = from; line <= to; line++) if (!file.lines.has(line)) return false
    return true
  }
  const definitions = await parseDefinitions(Array.from(lines, (text) => text ?? '').join('\n'), language)
  return definitions
    .filter(({ name, startLine }) => name.includes('.') || isSeen(1, startLine))
    .map((definition) => {
      const { startLine, endLine } = definition
      return { ...definition, isWhole: isSeen(startLine, Math.min(endLine + 1, file.totalLines ?? endLine + 1)) }
    })
}

/**
 * Matches a function with the seen definitions: `Cart::total()`, `shop.cart.Cart.total` and, if only one definition has
 * that last name, `total` become `Cart.total` with its lines. Without a match, name and lines stay as they are; missing
 * lines become 1, which the check of the answer corrects.
 */
export function resolveFunction(named: NamedFunction, definitions: readonly SeenDefinition[]): ResolvedFunction {
  const written = plainName(named.name)
  const found = findDefinition(written, named, definitions)
  const name = found?.name ?? written
  const startLine = (found?.isWhole ? found.startLine : undefined) ?? named.startLine ?? found?.startLine ?? 1
  const endLine = (found?.isWhole ? found.endLine : undefined) ?? named.endLine ?? found?.endLine ?? startLine
  const repair = name === named.name ? undefined : `${named.name.slice(0, 200)} was read as ${name}`
  return { name, startLine, endLine: Math.max(startLine, endLine), repair }
}

/** The name in `def total(self):` or `Cart::total()`, with dots between its parts. */
function plainName(written: string): string {
  const name = written
    .replace(/\(.*$/s, '')
    .replace(/^\s*(?:async\s+|export\s+|public\s+|private\s+|static\s+)*(?:def|function|func|fn|method)\s+/, '')
    .replaceAll(/::|#|->|\//g, '.')
    .replaceAll(/\s+|:$/g, '')
  return trimOf(name, '.') || written.trim()
}

function findDefinition(
  name: string,
  { startLine }: NamedFunction,
  definitions: readonly SeenDefinition[],
): SeenDefinition | undefined {
  const nearest = (some: readonly SeenDefinition[]): SeenDefinition | undefined =>
    some.toSorted((a, b) => Math.abs(a.startLine - (startLine ?? 0)) - Math.abs(b.startLine - (startLine ?? 0)))[0]
  const exact = definitions.filter((definition) => definition.name === name)
  if (exact.length > 0) return nearest(exact)
  const functions = definitions.filter(({ kind }) => kind === 'function')
  const inside = functions.filter((definition) => name.endsWith(`.${definition.name}`))
  const longest = Math.max(0, ...inside.map((definition) => definition.name.length))
  if (inside.length > 0) return nearest(inside.filter((definition) => definition.name.length === longest))
  const outside = functions.filter((definition) => definition.name.endsWith(`.${name}`))
  const holds = outside.filter(
    (definition) => startLine !== undefined && definition.startLine <= startLine && startLine <= definition.endLine,
  )
  const [only] = holds.length > 0 ? holds : outside
  return (holds.length > 0 ? holds : outside).length === 1 ? only : undefined
}
