import type { Call } from '../../../search/index.ts'

/** Default values: a call that states one equals a call that leaves the argument out. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  mode: 'content',
  context: 0,
  ignoreCase: false,
  word: false,
  literal: false,
}

/**
 * A key that is the same for calls that do the same, in any order of their arguments. Context lines count only where
 * lines are shown: a weak model that lists paths asks for the same list with another context again and again.
 */
export function callKey({ tool, arguments: given }: Call): string {
  const showsLines = !('mode' in given) || given.mode === undefined || given.mode === 'content'
  const said = Object.entries(given)
    .filter(([name, value]) => value !== undefined && value !== DEFAULTS[name] && !isEmptyList(value))
    .filter(([name]) => showsLines || name !== 'context')
    .map(
      ([name, value]) =>
        [name, Array.isArray(value) ? value.map(String).sort((a, b) => (a < b ? -1 : 1)) : value] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `${tool} ${JSON.stringify(said)}`
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}
