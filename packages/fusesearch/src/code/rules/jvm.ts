import type { Node } from 'web-tree-sitter'
import { alwaysNamed, classWith, each, type Finding, named, type Rules, withName } from './rules.ts'

const javaType = classWith({
  inside: ['superclass', 'super_interfaces', 'extends_interfaces', 'type_list'],
  are: ['type_identifier', 'generic_type', 'scoped_type_identifier'],
})

export const java: Rules = {
  nodes: {
    ...each(['method_declaration', 'constructor_declaration', 'compact_constructor_declaration'], named),
    ...each(['class_declaration', 'interface_declaration', 'enum_declaration', 'record_declaration'], javaType),
    annotation_type_declaration: javaType,
  },
}

const kotlinType = classWith({
  inside: ['delegation_specifiers', 'delegation_specifier', 'constructor_invocation', 'explicit_delegation'],
  are: ['user_type'],
})

export const kotlin: Rules = {
  nodes: {
    function_declaration: kotlinFunction,
    secondary_constructor: alwaysNamed('constructor'),
    anonymous_initializer: alwaysNamed('init'),
    property_declaration: kotlinProperty,
    ...each(['class_declaration', 'object_declaration', 'companion_object'], kotlinType),
  },
  cleanName: (text) => text.replace(/^([^<]*)<[^]*>/, '$1').replaceAll(/[?\s]/g, ''),
}

const scalaType = classWith({
  inside: ['extends_clause'],
  are: ['type_identifier', 'generic_type', 'stable_type_identifier'],
})

export const scala: Rules = {
  nodes: {
    ...each(['function_definition', 'function_declaration'], named),
    val_definition: (node) =>
      node.childForFieldName('value')?.type === 'lambda_expression'
        ? withName('function', node.childForFieldName('pattern'))
        : undefined,
    ...each(['class_definition', 'trait_definition', 'object_definition', 'enum_definition'], scalaType),
    ...each(['package_object', 'given_definition'], scalaType),
  },
}

/** A type before the name is an extension function's receiver; a type after it is the return type. */
function kotlinFunction(node: Node): Finding | undefined {
  const name = node.childForFieldName('name')
  if (name === null) return undefined
  const before = name.previousNamedSibling
  const receiver = before?.type === 'user_type' || before?.type === 'nullable_type' ? before : undefined
  return { role: 'function', name, receiver }
}

/** A property counts as a function if it contains code: a getter, a setter or a lambda. */
function kotlinProperty(node: Node): Finding | undefined {
  const hasCode = node.namedChildren.some((child) => /^(?:getter|setter|lambda_literal)$/.test(child.type))
  if (!hasCode) return undefined
  const variable = node.namedChildren.find((child) => child.type === 'variable_declaration')
  return withName(
    'function',
    variable?.namedChildren.find((child) => child.type === 'identifier'),
  )
}
