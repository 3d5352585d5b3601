import type { Node } from 'web-tree-sitter'
import { classWith, each, type Finding, leading, named, pathName, type Rules, withName } from './rules.ts'

const namedType = classWith({
  inside: ['trait_bounds'],
  are: ['type_identifier', 'scoped_type_identifier', 'generic_type'],
})

export const rust: Rules = {
  nodes: {
    attribute_item: leading,
    ...each(['function_item', 'function_signature_item', 'macro_definition'], named),
    ...each(['struct_item', 'enum_item', 'union_item', 'trait_item'], namedType),
    mod_item: (node) => (node.childForFieldName('body') === null ? undefined : namedType(node)),
    impl_item: implementation,
  },
  cleanName: (text) => pathName(text.replace(/^(?:&\s*(?:'\w+\s+)?(?:mut\s+)?|dyn\s+)+/, '')),
}

/** `impl Trait for Type` is `Type` with the base `Trait`. */
function implementation(node: Node): Finding | undefined {
  const finding = withName('class', node.childForFieldName('type'))
  const trait = node.childForFieldName('trait')
  return finding === undefined || trait === null ? finding : { ...finding, bases: [trait] }
}
