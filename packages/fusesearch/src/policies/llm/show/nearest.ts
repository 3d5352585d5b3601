import { type Call, editDistance, type Observation, subWords } from '../../../search/index.ts'
import type { Knowledge } from '../knowledge.ts'
import { resolvePath } from '../paths.ts'

/** Most suggestions of one kind after a miss. */
const MAX_SUGGESTIONS = 5
/** Most candidates that are compared: if there are more, the first ones contain enough names. */
const MAX_CANDIDATES = 20_000

/** The seen names most similar to a name that was not found, by shared sub-words and edit distance. */
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

/** The seen paths most similar to a missing path: first the same name in another folder. */
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

/** Above 0 if two names share at least half of their sub-words or differ in few letters. */
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

/** Most names of a pattern that are looked up. */
const MAX_NAMES = 4

/** Matches what is written like a path: with a file extension or a slash. */
const PATH =
  /^[\w.@+-]+(?:[/\\][\w.@+-]+)+$|^[\w-]+\.(?:py|[cm]?[jt]sx?|java|kt|go|rs|rb|php|cs|cpp|cc|c|hpp|h|swift|scala|vue|svelte)$/

/**
 * The row for a call that found nothing: what was wrong with the call, if that is known, else the most similar names or
 * paths among this run's observations. If the tool itself made suggestions, only those are shown, since it knows the
 * whole tree. Undefined if there is nothing to say.
 */
export function missRow(call: Call, observation: Observation, knowledge: Knowledge): string | undefined {
  if (!isMiss(observation)) return undefined
  const cause = causeOf(call, observation, knowledge)
  if (cause !== undefined) return `[${cause}]`
  if ((observation.suggestions?.length ?? 0) > 0) return undefined
  switch (call.tool) {
    case 'read_file':
      return row('paths', nearestPaths(call.arguments.path, knowledge.files.keys()))
    case 'glob':
      return row('paths', nearestPaths(nameOfPattern(call.arguments.patterns), knowledge.files.keys()))
    case 'grep':
    case 'history': {
      const text = call.tool === 'grep' ? call.arguments.pattern : call.arguments.query
      const wanted = namesIn(text).slice(0, MAX_NAMES)
      return row('names', [...new Set(wanted.flatMap((name) => nearestNames(name, knowledge.names())))].slice(0, 6))
    }
  }
}

/** What was wrong with a call that found nothing, and what to do instead, as a sentence. */
function causeOf(call: Call, { suggestions = [] }: Observation, knowledge: Knowledge): string | undefined {
  if (call.tool === 'read_file') return counterpartOf(call.arguments.path, [...suggestions, ...knowledge.files.keys()])
  if (call.tool !== 'grep') return undefined
  const { globs = [], pattern } = call.arguments
  const plain = pattern.replaceAll('\\.', '.')
  if (PATH.test(plain)) {
    const { path } = resolvePath(plain, knowledge.files)
    return `The pattern is a path, and grep searches the text of files: read_file ${JSON.stringify({ path })} reads that file.`
  }
  // A suggestion is `name (path:line)`.
  const names = new Set(namesIn(pattern))
  const standing = suggestions.find((one) => names.has(one.slice(0, one.indexOf(' ('))))
  if (standing === undefined) return undefined
  const name = standing.slice(0, standing.indexOf(' ('))
  return globs.length > 0
    ? `${standing} exists, but the globs leave that file out: search without them.`
    : `${standing} exists, but not as the pattern has it: search for \`${name}\` alone.`
}

/** The file of the tree that a path from elsewhere (such as a traceback) means: one with the same last folders. */
function counterpartOf(path: string, paths: readonly string[]): string | undefined {
  const tail = path.split('/').slice(-2).join('/')
  const counterparts = [...new Set(paths)].filter((one) => path.endsWith(`/${one}`) || one.endsWith(`/${tail}`))
  const [only] = counterparts
  if (only === undefined || counterparts.length > 1) return undefined
  return `In this repository that file is ${only}: read_file ${JSON.stringify({ path: only })} reads it.`
}

function namesIn(text: string): readonly string[] {
  return text.replaceAll(/\\[bBwWsSdD]/g, ' ').match(/[A-Za-z_$][\w$]{2,80}/g) ?? []
}

function isMiss(observation: Observation): boolean {
  if (!observation.ok) return observation.code === 'not-found'
  if (observation.tool === 'grep') return observation.totals.files === 0
  return (observation.tool === 'glob' || observation.tool === 'history') && observation.total === 0
}

/** The longest name in the patterns, without wildcards. */
function nameOfPattern(patterns: readonly string[]): string {
  const names = patterns
    .filter((pattern) => !pattern.startsWith('!'))
    .map((pattern) => pattern.slice(pattern.lastIndexOf('/') + 1).replaceAll(/[*?[\]{}]/g, ''))
  return names.reduce((longest, name) => (name.length > longest.length ? name : longest), '')
}

function row(kind: 'names' | 'paths', found: readonly string[]): string | undefined {
  return found.length === 0 ? undefined : `[Nearest ${kind} seen so far: ${found.join(', ')}]`
}
