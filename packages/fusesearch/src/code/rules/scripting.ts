import type { Node } from 'web-tree-sitter'
import { classWith, each, type Finding, named, type Rules, withName } from './rules.ts'

const phpType = classWith({ inside: ['base_clause', 'class_interface_clause'], are: ['name', 'qualified_name'] })

/** Namespaces count as packages, so they aren't part of the names. */
export const php: Rules = {
  nodes: {
    ...each(['function_definition', 'method_declaration'], named),
    ...each(['class_declaration', 'interface_declaration', 'trait_declaration', 'enum_declaration'], phpType),
    assignment_expression: phpAssigned,
  },
}

const rubyType = classWith({ inside: ['superclass'], are: ['constant', 'scope_resolution', 'call'] })

export const ruby: Rules = {
  nodes: {
    method: named,
    singleton_method: rubySingleton,
    ...each(['module', 'class'], rubyType),
    assignment: rubyAssigned,
  },
  cleanName: (text) => (/^\w/.test(text) ? text.replaceAll('::', '.') : text),
}

function phpAssigned(node: Node): Finding | undefined {
  const value = node.childForFieldName('right')?.type
  if (value !== 'anonymous_function' && value !== 'arrow_function') return undefined
  const left = node.childForFieldName('left')
  return withName('function', left?.type === 'variable_name' ? left.firstNamedChild : undefined)
}

/** `def self.x` belongs to the class around it, `def Other.x` to `Other`. */
function rubySingleton(node: Node): Finding | undefined {
  const object = node.childForFieldName('object')
  const finding = named(node)
  return finding === undefined || object === null || object.type === 'self' ? finding : { ...finding, receiver: object }
}

/** `Point = Struct.new(:x) do … end` */
function rubyAssigned(node: Node): Finding | undefined {
  const value = node.childForFieldName('right')
  if (value?.type !== 'call' || value.childForFieldName('block') === null) return undefined
  const left = node.childForFieldName('left')
  return left?.type === 'constant' && value.childForFieldName('receiver')?.type === 'constant'
    ? { role: 'class', name: left }
    : undefined
}
