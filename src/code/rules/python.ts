import { classWith, leading, named, type Rules } from './rules.ts'

export const python: Rules = {
  nodes: {
    decorated_definition: leading,
    function_definition: named,
    class_definition: classWith({ inside: ['argument_list'], are: ['identifier', 'attribute', 'subscript', 'call'] }),
  },
  hasTrailingComments: true,
}
