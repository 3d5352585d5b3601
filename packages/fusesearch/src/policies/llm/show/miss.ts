import type { Call, Observation } from '../../../search/index.ts'
import type { Knowledge } from '../knowledge.ts'
import { nearestNames, nearestPaths } from './nearest.ts'

/** Names of a pattern that are looked up. */
const MAX_NAMES = 4

/**
 * The row that helps on after a miss: names and paths of this run's observations that come nearest to what was not
 * found. Only what was seen can be suggested, so on the first turn there is seldom any; a tool that sees the tree does
 * better, and where it suggests something that stands alone. Undefined where nothing is near.
 */
export function missRow(call: Call, observation: Observation, knowledge: Knowledge): string | undefined {
  if (!isMiss(observation) || (observation.suggestions?.length ?? 0) > 0) return undefined
  switch (call.tool) {
    case 'read_file':
      return row('paths', nearestPaths(call.arguments.path, knowledge.files.keys()))
    case 'glob':
      return row('paths', nearestPaths(nameOfPattern(call.arguments.patterns), knowledge.files.keys()))
    case 'grep':
    case 'history': {
      const text = call.tool === 'grep' ? call.arguments.pattern : call.arguments.query
      const wanted = (text.replaceAll(/\\[bBwWsSdD]/g, ' ').match(/[A-Za-z_$][\w$]{2,80}/g) ?? []).slice(0, MAX_NAMES)
      return row('names', [...new Set(wanted.flatMap((name) => nearestNames(name, knowledge.names())))].slice(0, 6))
    }
  }
}

function isMiss(observation: Observation): boolean {
  if (!observation.ok) return observation.code === 'not-found'
  if (observation.tool === 'grep') return observation.totals.files === 0
  return (observation.tool === 'glob' || observation.tool === 'history') && observation.total === 0
}

/** The longest name in the patterns, without their signs. */
function nameOfPattern(patterns: readonly string[]): string {
  const names = patterns
    .filter((pattern) => !pattern.startsWith('!'))
    .map((pattern) => pattern.slice(pattern.lastIndexOf('/') + 1).replaceAll(/[*?[\]{}]/g, ''))
  return names.reduce((longest, name) => (name.length > longest.length ? name : longest), '')
}

function row(kind: 'names' | 'paths', found: readonly string[]): string | undefined {
  return found.length === 0 ? undefined : `[Nearest ${kind} seen so far: ${found.join(', ')}]`
}
