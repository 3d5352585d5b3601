import type { Node } from 'web-tree-sitter'
import { type Finding, named, type Rules } from './rules.ts'

export const go: Rules = {
  nodes: {
    function_declaration: named,
    method_elem: named,
    method_declaration: method,
    type_spec: type,
    var_spec: (node) => assigned(node.childForFieldName('name'), node.childForFieldName('value')),
    short_var_declaration: (node) => assigned(only(node.childForFieldName('left')), node.childForFieldName('right')),
  },
}

/** `func (s *Stack[T]) Push` is `Stack.Push`. */
function method(node: Node): Finding | undefined {
  const name = node.childForFieldName('name')
  if (name === null) return undefined
  const receiver = node.childForFieldName('receiver')?.descendantsOfType('type_identifier')[0] ?? undefined
  return { role: 'function', name, receiver }
}

/** A named type; its bases are the types that it embeds. */
function type(node: Node): Finding | undefined {
  const name = node.childForFieldName('name')
  if (name === null) return undefined
  const definition = node.childForFieldName('type')
  const members = definition?.type === 'struct_type' ? definition.firstNamedChild : definition
  return { role: 'class', name, bases: members?.namedChildren.flatMap(embedded) ?? [] }
}

function embedded(member: Node): Node[] {
  if (member.type === 'type_elem') return member.namedChildCount === 1 ? member.namedChildren : []
  if (member.type !== 'field_declaration' || member.childForFieldName('name') !== null) return []
  const base = member.childForFieldName('type')
  return base === null ? [] : [base]
}

/** `f := func() …`, one name on each side. */
function assigned(name: Node | undefined | null, values: Node | null): Finding | undefined {
  return name !== null && name !== undefined && only(values)?.type === 'func_literal'
    ? { role: 'function', name }
    : undefined
}

function only(list: Node | null): Node | undefined {
  return list?.namedChildCount === 1 ? (list.firstNamedChild ?? undefined) : undefined
}
