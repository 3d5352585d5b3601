import type { Node } from 'web-tree-sitter'
import { classWith, each, type Finding, leading, pathName, type Rule, type Rules, withName } from './rules.ts'

/** Keywords that a grammar can take for a function's name when macros confuse it. */
const NO_NAMES: ReadonlySet<string> = new Set(['if', 'for', 'while', 'switch', 'return', 'catch', 'else', 'do'])

const WRAPPERS: ReadonlySet<string> = new Set([
  'reference_declarator',
  'parenthesized_declarator',
  'attributed_declarator',
])

const namedType = classWith({
  inside: ['base_class_clause'],
  are: ['type_identifier', 'qualified_identifier', 'template_type'],
})

const SHARED: Readonly<Record<string, Rule>> = {
  function_definition: defined,
  ...each(['struct_specifier', 'union_specifier', 'enum_specifier'], withBody),
  type_definition: aliased,
}

export const c: Rules = { nodes: SHARED, cleanName: pathName }

export const cpp: Rules = {
  nodes: { ...SHARED, template_declaration: leading, class_specifier: withBody, namespace_definition: namedType },
  cleanName: pathName,
}

/** A prototype is no definition. The grammar parses `class EXPORT_MACRO Name : Base { … }` as a function. */
function defined(node: Node): Finding | undefined {
  const declarator = node.childForFieldName('declarator')
  if (declarator === null) return undefined
  const type = node.childForFieldName('type')?.type
  if (declarator.type === 'identifier' && (type === 'class_specifier' || type === 'struct_specifier'))
    return { role: 'class', name: declarator }
  return withName('function', declaredName(declarator))
}

/** `struct x { … }` is a definition, `struct x y;` is not. */
function withBody(node: Node): Finding | undefined {
  return node.childForFieldName('body') === null ? undefined : namedType(node)
}

/** `typedef struct { … } Name;` */
function aliased(node: Node): Finding | undefined {
  const type = node.childForFieldName('type')
  if (type === null || type.childForFieldName('body') === null || type.childForFieldName('name') !== null)
    return undefined
  return withName('class', node.childForFieldName('declarator'))
}

/** Follows pointers, references and parentheses to the name in the innermost function declarator. */
function declaredName(declarator: Node): Node | undefined {
  let found: Node | undefined
  for (let node: Node | null = declarator; node !== null; ) {
    if (node.type === 'operator_cast') return found ?? node
    const inner: Node | null =
      node.childForFieldName('declarator') ?? (WRAPPERS.has(node.type) ? node.lastNamedChild : null)
    if (node.type === 'function_declarator' && inner !== null) found = inner
    node = inner
  }
  return found === undefined || NO_NAMES.has(found.text) ? undefined : found
}
