import type { Call } from '../../../search/index.ts'

/** What an argument is taken for when it is left out: said or not, the call is the same. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  mode: 'content',
  context: 0,
  ignoreCase: false,
  word: false,
  literal: false,
}

/** A text that is the same for calls that do the same, whatever the order of their arguments. */
export function callKey({ tool, arguments: given }: Call): string {
  const said = Object.entries(given)
    .filter(([name, value]) => value !== undefined && value !== DEFAULTS[name] && !isEmptyList(value))
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
