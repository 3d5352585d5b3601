import type { Node } from 'web-tree-sitter'
import {
  type BasePlaces,
  basesIn,
  classWith,
  each,
  type Finding,
  leading,
  named,
  type Rule,
  type Rules,
} from './rules.ts'

/** Calls that wrap a function without changing what it is: the variable that holds the result names the function. */
const WRAPPER = /(?:^|\.)(?:memo|forwardRef|observer|useCallback|debounce|throttle)$/

const FUNCTIONS: ReadonlySet<string> = new Set(['arrow_function', 'function_expression', 'generator_function'])

/** Nodes that give their name to the function or class on their right side. */
const BINDINGS: ReadonlySet<string> = new Set([
  'variable_declarator',
  'assignment_expression',
  'pair',
  'field_definition',
  'public_field_definition',
])

/** Left sides that are a single name, unlike a destructuring pattern. */
const NAMES: ReadonlySet<string> = new Set([
  'identifier',
  'member_expression',
  'property_identifier',
  'private_property_identifier',
  'string',
  'number',
  'computed_property_name',
])

const BASES: BasePlaces = {
  inside: ['class_heritage', 'extends_clause', 'implements_clause', 'extends_type_clause'],
  are: [
    'identifier',
    'member_expression',
    'call_expression',
    'type_identifier',
    'generic_type',
    'nested_type_identifier',
  ],
}

const namedType = classWith(BASES)

const SHARED: Readonly<Record<string, Rule>> = {
  decorator: leading,
  ...each(['function_declaration', 'generator_function_declaration', 'method_definition'], named),
  class_declaration: namedType,
  variable_declarator: declared,
  assignment_expression: (node) => bound(node.childForFieldName('right'), node.childForFieldName('left')),
  pair: (node) => bound(node.childForFieldName('value'), node.childForFieldName('key')),
  export_statement: exported,
  ...each(['function_expression', 'class'], expressed),
}

export const javascript: Rules = {
  nodes: {
    ...SHARED,
    field_definition: (node) => bound(node.childForFieldName('value'), node.childForFieldName('property')),
  },
  cleanName: memberName,
}

export const typescript: Rules = {
  nodes: {
    ...SHARED,
    public_field_definition: (node) => bound(node.childForFieldName('value'), node.childForFieldName('name')),
    ...each(['method_signature', 'abstract_method_signature', 'function_signature'], named),
    ...each(['abstract_class_declaration', 'interface_declaration', 'enum_declaration', 'internal_module'], namedType),
  },
  cleanName: memberName,
}

export const tsx: Rules = typescript

/** `const f = () => …` is a function, `const C = class …` a class; an object qualifies the methods inside it. */
function declared(node: Node): Finding | undefined {
  const value = node.childForFieldName('value')
  const name = node.childForFieldName('name')
  if (value?.type === 'object' && name?.type === 'identifier') return { role: 'scope', name }
  return bound(value?.type === 'call_expression' ? wrappedFunction(value) : value, name)
}

/** A function or class, named after the variable or property it is bound to. */
function bound(value: Node | null, name: Node | null): Finding | undefined {
  if (value === null || name === null || !NAMES.has(name.type)) return undefined
  if (FUNCTIONS.has(value.type)) return { role: 'function', name }
  return value.type === 'class' ? { role: 'class', name, bases: basesIn(value, BASES) } : undefined
}

/** The function in `memo(function …)` and the like. */
function wrappedFunction(call: Node): Node | null {
  if (!WRAPPER.test(call.childForFieldName('function')?.text ?? '')) return null
  return call.childForFieldName('arguments')?.firstNamedChild ?? null
}

/** `export default function () …` and `export default class …` without a name. */
function exported(node: Node): Finding | undefined {
  const value = node.childForFieldName('value')
  if (value === null || value.childForFieldName('name') !== null) return undefined
  if (FUNCTIONS.has(value.type)) return { role: 'function', name: 'default' }
  return value.type === 'class' ? { role: 'class', name: 'default', bases: basesIn(value, BASES) } : undefined
}

/** A named function or class inside an expression. If it is bound to another name, that name counts. */
function expressed(node: Node): Finding | undefined {
  const name = node.isNamed ? node.childForFieldName('name') : null
  if (name === null || BINDINGS.has(node.parent?.type ?? '')) return undefined
  return node.type === 'class' ? { role: 'class', name, bases: basesIn(node, BASES) } : { role: 'function', name }
}

/** `Foo.prototype.bar` is `Foo.bar`; `module.exports.x`, `exports.x` and `this.x` are `x`; a quoted key loses its quotes. */
function memberName(text: string): string {
  return text
    .replace(/^(['"])(.*)\1$/, '$2')
    .replaceAll(/\s+/g, '')
    .replaceAll('.prototype.', '.')
    .replace(/^(?:module\.exports|exports|this|self|window)\./, '')
    .replace(/^module\.exports$/, 'exports')
}
