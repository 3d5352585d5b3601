import type { Node } from 'web-tree-sitter'
import type { Language } from '../definition.ts'

/** Which nodes are blocks: members of a module, class, enum or exported object other than functions and types. */
export interface BlockRules {
  /** The node types to look inside, starting at the root; never function bodies. */
  readonly holders: readonly string[]
  readonly blocks: readonly string[]
}

const JAVASCRIPT: BlockRules = {
  holders: words(
    'program export_statement lexical_declaration variable_declaration variable_declarator object expression_statement assignment_expression class_declaration abstract_class_declaration class_body enum_declaration enum_body internal_module statement_block interface_declaration interface_body object_type as_expression satisfies_expression',
  ),
  blocks: words(
    'variable_declarator assignment_expression pair field_definition public_field_definition enum_assignment property_identifier type_alias_declaration property_signature',
  ),
}

const C: BlockRules = {
  holders: words(
    'translation_unit preproc_ifdef preproc_if preproc_else preproc_elif linkage_specification declaration_list namespace_definition enum_specifier enumerator_list type_definition class_specifier struct_specifier field_declaration_list',
  ),
  blocks: words('preproc_def preproc_function_def enumerator'),
}

const BLOCKS: Readonly<Record<Language, BlockRules>> = {
  c: C,
  cpp: C,
  csharp: {
    holders: words(
      'compilation_unit namespace_declaration file_scoped_namespace_declaration declaration_list class_declaration struct_declaration record_declaration interface_declaration enum_declaration enum_member_declaration_list',
    ),
    blocks: words('field_declaration property_declaration enum_member_declaration'),
  },
  go: {
    holders: words('source_file const_declaration var_declaration var_spec_list'),
    blocks: words('const_spec var_spec'),
  },
  java: {
    holders: words(
      'program class_declaration class_body enum_declaration enum_body enum_body_declarations interface_declaration interface_body record_declaration',
    ),
    blocks: words('field_declaration constant_declaration enum_constant'),
  },
  javascript: JAVASCRIPT,
  kotlin: {
    holders: words('source_file class_declaration class_body object_declaration companion_object enum_class_body'),
    blocks: words('property_declaration enum_entry'),
  },
  php: {
    holders: words(
      'program namespace_definition compound_statement const_declaration class_declaration interface_declaration trait_declaration declaration_list enum_declaration enum_declaration_list expression_statement property_declaration',
    ),
    blocks: words('const_element property_element enum_case assignment_expression'),
  },
  python: {
    holders: words(
      'module expression_statement class_definition decorated_definition block if_statement elif_clause else_clause try_statement except_clause',
    ),
    blocks: words('assignment'),
  },
  ruby: {
    holders: words('program module class body_statement'),
    blocks: words('assignment'),
  },
  rust: {
    holders: words('source_file mod_item declaration_list impl_item trait_item enum_item enum_variant_list'),
    blocks: words('const_item static_item type_item enum_variant'),
  },
  scala: {
    holders: words(
      'compilation_unit package_clause class_definition object_definition trait_definition enum_definition template_body enum_body enum_case_definitions',
    ),
    blocks: words('val_definition var_definition simple_enum_case full_enum_case type_definition'),
  },
  swift: {
    holders: words('source_file class_declaration class_body enum_class_body protocol_declaration protocol_body'),
    blocks: words('property_declaration enum_entry typealias_declaration'),
  },
  tsx: JAVASCRIPT,
  typescript: JAVASCRIPT,
}

/** The rules by which a language's blocks are found. */
export function blockRulesOf(language: Language): BlockRules {
  return BLOCKS[language]
}

/** Fields that lead from a block to its name; the first one that exists counts. */
const NAME_FIELDS = ['name', 'left', 'key', 'declarator', 'pattern', 'bound_identifier']

/** Node types between a block and its name, in grammars without a field for the name. */
const BETWEEN = /^(?:variable_declarat(?:ion|or)|property_element|const_element)$/

/** Node types that can precede the name. */
const NO_NAME = /modifier|attribute|annotation|decorator|comment|value_binding|^(?:const|static|let|var|val)$/

/** Node types whose whole text is the name. */
const WHOLE: ReadonlySet<string> = new Set([
  'member_expression',
  'attribute',
  'subscript',
  'string',
  'element_reference',
])

/** The node that holds a block's name, or the first name if a statement binds several. */
export function blockName(block: Node): Node {
  let node = block
  while (node.namedChildCount > 0 && !WHOLE.has(node.type)) {
    const children = node.namedChildren
    const field = NAME_FIELDS.map((name) => node.childForFieldName(name)).find((child) => child !== null)
    const next =
      field ?? children.find(({ type }) => BETWEEN.test(type)) ?? children.find(({ type }) => !NO_NAME.test(type))
    if (next === undefined) return node
    node = next
  }
  return node
}

function words(text: string): string[] {
  return text.split(' ')
}
