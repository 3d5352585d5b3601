import type { Node } from 'web-tree-sitter'
import type { Role } from '../outline.ts'

/** What a syntax node means for the outline. The name is a text, or the node that holds it. */
export interface Finding {
  readonly role: Role
  readonly name?: Node | string
  /** A type that qualifies the name but is written elsewhere, like a Go receiver. */
  readonly receiver?: Node | undefined
  readonly bases?: readonly Node[]
}

/** Judges one node; `undefined` for one that defines nothing. */
export type Rule = (node: Node) => Finding | undefined

/** How definitions are found in one language: a rule for each type of node that can be one. */
export interface Rules {
  readonly nodes: Readonly<Record<string, Rule>>
  /** Cleans a name, for languages whose names contain paths or type arguments; the name as written when left out. */
  readonly cleanName?: (text: string) => string
  /** True if the grammar counts comments after the last statement as part of the body, but the language doesn't. */
  readonly hasTrailingComments?: boolean
  /** The only node types that can contain definitions, where that saves time; any type when left out. */
  readonly holders?: readonly string[]
}

/** Where a class lists its bases: the node types to look inside, and the node types that are a base. */
export interface BasePlaces {
  readonly inside: readonly string[]
  readonly are: readonly string[]
}

/** A function whose name is the field `name`. */
export const named: Rule = (node) => withName('function', node.childForFieldName('name'))

/** A decorator, attribute or template head. */
export const leading: Rule = () => ({ role: 'leading' })

/** A function that always has the same name, like a constructor. */
export function alwaysNamed(name: string): Rule {
  return () => ({ role: 'function', name })
}

/** A named type with its bases. */
export function classWith(places?: BasePlaces): Rule {
  return (node) => {
    const finding = withName('class', node.childForFieldName('name'))
    return finding === undefined || places === undefined ? finding : { ...finding, bases: basesIn(node, places) }
  }
}

/** A finding, if there is a name. */
export function withName(role: Role, name: Node | null | undefined): Finding | undefined {
  return name === null || name === undefined ? undefined : { role, name }
}

/** The nodes of a class's bases in source order. Direct children of the class, such as its name, don't count. */
export function basesIn(node: Node, places: BasePlaces): Node[] {
  return node.namedChildren.flatMap((child) => (places.inside.includes(child.type) ? basesUnder(child, places) : []))
}

function basesUnder(place: Node, places: BasePlaces): Node[] {
  return place.namedChildren.flatMap((child) => {
    if (places.inside.includes(child.type)) return basesUnder(child, places)
    return places.are.includes(child.type) ? [child] : []
  })
}

/** The same rule for several node types. */
export function each(types: readonly string[], rule: Rule): Record<string, Rule> {
  return Object.fromEntries(types.map((type) => [type, rule]))
}

/** Removes type arguments and white space, and joins path segments with dots. `operator<` keeps its sign. */
export function pathName(text: string): string {
  const at = text.search(/\boperator\b/)
  const path = at === -1 ? text : text.slice(0, at)
  const sign =
    at === -1 ? '' : (/^operator\s*(?:\(\s*\)|[^(]*)/.exec(text.slice(at))?.[0] ?? '').trim().replaceAll(/\s+/g, ' ')
  return withoutTypeArguments(path).replaceAll(/\s+/g, '').replaceAll('::', '.') + sign
}

function withoutTypeArguments(text: string): string {
  let depth = 0
  let kept = ''
  for (const char of text) {
    if (char === '<') depth++
    else if (char === '>') depth--
    else if (depth === 0) kept += char
  }
  return kept
}
