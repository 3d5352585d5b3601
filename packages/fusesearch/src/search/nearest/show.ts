import { rowBytes } from '../notices.ts'
import type { Observation } from '../tool.ts'

/** UTF-8 bytes of what one call suggests; less than what every call keeps free for what is said beside its rows. */
const MAX_BYTES = 600

/** The suggestions in words; undefined without any. */
export function suggestionRow({
  tool,
  suggestions = [],
}: Pick<Observation, 'suggestions' | 'tool'>): string | undefined {
  if (suggestions.length === 0) return undefined
  return `[Nearest ${tool === 'grep' ? 'names' : 'paths'} that exist: ${suggestions.join(', ')}]`
}

/** The observation with suggestions, as many of the first as there is room for; unchanged without any. */
export function withSuggestions<Kind extends Observation>(observation: Kind, found: readonly string[]): Kind {
  const suggestions: string[] = []
  let bytes = 0
  for (const text of found) {
    bytes += rowBytes(text) + 1
    if (bytes > MAX_BYTES) break
    suggestions.push(text)
  }
  const row = suggestionRow({ tool: observation.tool, suggestions })
  if (row === undefined) return observation
  return { ...observation, suggestions, bytes: observation.bytes + rowBytes(row) }
}
