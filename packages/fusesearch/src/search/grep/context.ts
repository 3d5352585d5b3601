import type { Clock } from '../../core/index.ts'
import type { Scope } from '../scope.ts'
import type { ToolLimits } from '../tool.ts'
import type { Tree } from '../tree.ts'

/** Where and for how long greps run. */
export interface SearchContext {
  readonly tree: Tree
  readonly limits: ToolLimits
  readonly scope: Scope
  readonly clock: Clock
}
