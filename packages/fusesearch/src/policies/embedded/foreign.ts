import type { Call, Observation } from '../../search/index.ts'
import type { IssueFacts } from './issue/index.ts'
import type { Purpose } from './knowledge.ts'

/**
 * What a call that another policy issued can teach this one, where it answers in the other's place: files read whole,
 * paths, lines that define a name of the issue, occurrences of one of its terms. Undefined for what teaches nothing.
 */
export function foreignPurpose(call: Call, observation: Observation, facts: IssueFacts): Purpose | undefined {
  if (!observation.ok) return undefined
  if (observation.tool === 'read_file') {
    // Lines count from the first: a part of a file would be taken for its beginning.
    const isWhole = observation.lines.length === observation.totalLines
    return isWhole ? { kind: 'read', path: observation.path } : undefined
  }
  if (call.tool === 'glob') return { kind: 'paths' }
  if (call.tool !== 'grep') return undefined
  if (call.arguments.mode === 'counts') {
    const term = facts.terms.find(({ text }) => text === call.arguments.pattern)
    return term === undefined ? undefined : { kind: 'term', term }
  }
  const names = facts.terms.filter(({ kind }) => kind === 'identifier').map(({ text }) => text)
  return { kind: 'definitions', names: new Set(names), of: 'issue' }
}
