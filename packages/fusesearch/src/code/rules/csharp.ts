import type { Node } from 'web-tree-sitter'
import { alwaysNamed, classWith, each, type Finding, named, type Rules, withName } from './rules.ts'

const namedType = classWith({
  inside: ['base_list'],
  are: ['identifier', 'generic_name', 'qualified_name', 'primary_constructor_base_type'],
})

/** Namespaces count as packages, as in Java, so they aren't part of the names. */
export const csharp: Rules = {
  nodes: {
    ...each(['method_declaration', 'constructor_declaration', 'local_function_statement'], named),
    destructor_declaration: destructor,
    operator_declaration: (node) => withName('function', node.childForFieldName('operator')),
    conversion_operator_declaration: alwaysNamed('operator'),
    indexer_declaration: alwaysNamed('this'),
    event_declaration: named,
    property_declaration: property,
    ...each(['class_declaration', 'struct_declaration', 'interface_declaration'], namedType),
    ...each(['enum_declaration', 'record_declaration'], namedType),
  },
}

/** `~Foo` */
function destructor(node: Node): Finding | undefined {
  const name = node.childForFieldName('name')
  return name === null ? undefined : { role: 'function', name: `~${name.text}` }
}

/** A property counts as a function if it contains code, which `{ get; set; }` doesn't. */
function property(node: Node): Finding | undefined {
  const accessors = node.childForFieldName('accessors')?.namedChildren ?? []
  const hasCode =
    node.childForFieldName('value')?.type === 'arrow_expression_clause' ||
    accessors.some((accessor) => accessor.childForFieldName('body') !== null)
  return hasCode ? named(node) : undefined
}
