import type { Node } from 'web-tree-sitter'
import { alwaysNamed, classWith, each, type Finding, named, type Rules, withName } from './rules.ts'

const namedType = classWith({ inside: ['inheritance_specifier'], are: ['user_type'] })

export const swift: Rules = {
  nodes: {
    ...each(['function_declaration', 'protocol_function_declaration'], named),
    init_declaration: alwaysNamed('init'),
    deinit_declaration: alwaysNamed('deinit'),
    subscript_declaration: alwaysNamed('subscript'),
    property_declaration: property,
    ...each(['class_declaration', 'protocol_declaration'], namedType),
  },
  cleanName: (text) => (/^\w/.test(text) ? text.replace(/<[^]*$/, '') : text),
}

/** A property counts as a function if it is computed or contains a closure. */
function property(node: Node): Finding | undefined {
  const hasCode =
    node.childForFieldName('computed_value') !== null || node.childForFieldName('value')?.type === 'lambda_literal'
  return hasCode
    ? withName('function', node.childForFieldName('name')?.childForFieldName('bound_identifier'))
    : undefined
}
