import type { Answer, PastTurn } from '../../agent/index.ts'
import type { Knowledge, SeenFile } from './knowledge.ts'

/** The result of a search without a model, as text for the first message of a chat. */
export interface Found {
  /** What it looked for. */
  readonly searched: string
  /** Its best places with the lines that matter. */
  readonly places: string
}

/** Everything that {@link describeFound} reads. */
export interface FoundSearch {
  readonly answer: Answer
  readonly past: readonly PastTurn[]
  readonly knowledge: Knowledge
  /** Most UTF-8 bytes for the places. */
  readonly maxBytes: number
}

/** Most places that are shown, and most patterns that are named. */
const MAX_PLACES = 8
const MAX_PATTERNS = 12
const MAX_PATTERN = 60
/** Most bytes of a line that are shown; the rest seldom matters. */
const MAX_LINE = 160
/** The shortest word whose lines are shown. */
const MIN_WORD = 3

/** The best places of a finished search, likeliest first. Undefined if it found nothing. */
export function describeFound({ answer, past, knowledge, maxBytes }: FoundSearch): Found | undefined {
  const places = placesOf(answer)
  if (places.length === 0) return undefined
  const patterns = [
    ...new Set(
      past.flatMap(({ calls }) => calls.flatMap((call) => (call.tool === 'grep' ? [call.arguments.pattern] : []))),
    ),
  ].filter((pattern) => pattern.length <= MAX_PATTERN)
  const words = new Set(patterns.flatMap((pattern) => pattern.toLowerCase().match(/[a-z_]\w+/g) ?? []))
  let left = maxBytes
  const shown = places.map((place, index) => {
    // Each place gets half of the remaining bytes, since the first are the likeliest; the last place gets all of them.
    const share = index === places.length - 1 ? left : Math.max(left / 2, maxBytes / (2 * MAX_PLACES))
    const text = [
      `${index + 1}. ${nameOf(place)}`,
      ...linesOf(place, knowledge.files.get(place.path), { words, share }),
    ].join('\n')
    left = Math.max(0, left - Buffer.byteLength(text))
    return text
  })
  const named = patterns.slice(0, MAX_PATTERNS).map((pattern) => `\`${pattern}\``)
  return { searched: named.length === 0 ? 'names of files' : named.join(', '), places: shown.join('\n\n') }
}

/** A function, or a file without one. */
interface FoundPlace {
  readonly path: string
  readonly name: string | undefined
  readonly startLine: number
  readonly endLine: number
}

/** The answered places first, then the best functions, then files without a function among these. */
function placesOf({ files, candidates }: Answer): readonly FoundPlace[] {
  const whole = { name: undefined, startLine: 1, endLine: Number.POSITIVE_INFINITY }
  const committed = files.flatMap(({ path, functions }): readonly FoundPlace[] =>
    functions.length === 0 ? [{ path, ...whole }] : functions.map((one) => ({ ...one, path })),
  )
  const functions = [...committed, ...candidates.functions]
  const inFunctions = new Set(functions.slice(0, MAX_PLACES).map(({ path }) => path))
  const others = candidates.files.slice(0, MAX_PLACES).filter(({ path }) => !inFunctions.has(path))
  // A quarter of the places is reserved for files without a top function.
  const kept = Math.max(committed.length, MAX_PLACES - Math.min(others.length, MAX_PLACES / 4))
  const unique = new Map<string, FoundPlace>()
  for (const place of functions) {
    const key = `${place.path}\n${place.name ?? ''}\n${place.startLine}`
    if (!unique.has(key) && unique.size < kept) unique.set(key, place)
  }
  for (const { path } of others) if (unique.size < MAX_PLACES) unique.set(path, { path, ...whole })
  return [...unique.values()].slice(0, MAX_PLACES)
}

function nameOf({ path, name, startLine, endLine }: FoundPlace): string {
  return name === undefined ? path : `${path} ${name}, lines ${startLine}-${endLine}`
}

interface LinesWanted {
  readonly words: ReadonlySet<string>
  /** Most bytes for the lines. */
  readonly share: number
}

/** The place's first line and its lines with a word of the search, in file order. */
function linesOf(place: FoundPlace, seen: SeenFile | undefined, { words, share }: LinesWanted): readonly string[] {
  const { name, startLine, endLine } = place
  const own = [...(seen?.lines ?? [])]
    .filter(([line]) => line >= startLine && line <= endLine)
    .sort(([a], [b]) => a - b)
  const wordsIn = (text: string): number =>
    new Set((text.toLowerCase().match(/[a-z_]\w+/g) ?? []).filter((word) => word.length >= MIN_WORD && words.has(word)))
      .size
  const ranked = own
    .map(([line, text]) => ({ line, text, weight: name !== undefined && line === startLine ? 1_000 : wordsIn(text) }))
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight || a.line - b.line)
  let left = share
  const kept = ranked.filter(({ line, text }) => {
    left -= rowOf(line, text).length + 1
    return left >= 0
  })
  return kept.toSorted((a, b) => a.line - b.line).map(({ line, text }) => rowOf(line, text))
}

function rowOf(line: number, text: string): string {
  return `${line}:${text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text}`
}
