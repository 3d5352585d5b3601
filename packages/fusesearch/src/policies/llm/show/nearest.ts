import { editDistance, subWords } from '../../../search/index.ts'

/** Suggestions of one kind that a miss shows. */
const MAX_SUGGESTIONS = 5
/** Candidates that are compared; a run that saw more has names enough among the first. */
const MAX_CANDIDATES = 20_000

/** Names among those seen that are nearest to one that was not found: by sub-words in common, then by edit distance. */
export function nearestNames(wanted: string, seen: Iterable<string>): readonly string[] {
  const parts = new Set(subWords(wanted))
  const ranked: { readonly name: string; readonly score: number }[] = []
  let compared = 0
  for (const name of seen) {
    if (compared++ >= MAX_CANDIDATES) break
    if (name === wanted) continue
    const score = closeness({ wanted, parts }, name)
    if (score > 0) ranked.push({ name, score })
  }
  ranked.sort((a, b) => b.score - a.score || a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
  return ranked.slice(0, MAX_SUGGESTIONS).map(({ name }) => name)
}

/** Paths among those seen that are nearest to one that is not there: the same name elsewhere first. */
export function nearestPaths(wanted: string, seen: Iterable<string>): readonly string[] {
  const name = baseOf(wanted)
  const byName = new Map<string, string[]>()
  for (const path of seen) byName.set(baseOf(path), [...(byName.get(baseOf(path)) ?? []), path])
  const names = [...(byName.has(name) ? [name] : []), ...nearestNames(name, byName.keys())]
  return names.flatMap((base) => byName.get(base) ?? []).slice(0, MAX_SUGGESTIONS)
}

interface Wanted {
  readonly wanted: string
  readonly parts: ReadonlySet<string>
}

/** Above 0 where the two share at least half of their sub-words, or differ in few letters. */
function closeness({ wanted, parts }: Wanted, name: string): number {
  const own = subWords(name)
  const common = own.filter((part) => parts.has(part)).length
  const shared = common / Math.max(1, new Set([...own, ...parts]).size)
  const allowed = Math.min(3, Math.floor(wanted.length / 4))
  const isNear = allowed > 0 && Math.abs(wanted.length - name.length) <= allowed
  const distance = isNear ? editDistance(wanted.toLowerCase(), name.toLowerCase()) : Number.POSITIVE_INFINITY
  const byLetters = distance <= allowed ? 1 - distance / wanted.length : 0
  return Math.max(shared >= 0.5 ? shared : 0, byLetters)
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
