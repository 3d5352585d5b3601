import { classWith, leading, named, type Rules } from './rules.ts'

export const python: Rules = {
  nodes: {
    decorated_definition: leading,
    function_definition: named,
    class_definition: classWith({ inside: ['argument_list'], are: ['identifier', 'attribute', 'subscript', 'call'] }),
  },
  hasTrailingComments: true,
  // Python's definitions are statements, so the walk can skip expressions, which halves it.
  holders: (
    'module block ERROR decorated_definition function_definition class_definition if_statement elif_clause else_clause ' +
    'for_statement while_statement with_statement try_statement except_clause except_group_clause finally_clause ' +
    'match_statement case_clause'
  ).split(' '),
}
