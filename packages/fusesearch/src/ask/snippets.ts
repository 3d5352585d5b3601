import { languageOf } from '../code/index.ts'
import { largestOf } from '../core/index.ts'
import type { LocateResult } from '../locate/index.ts'
import type { Tree } from '../search/index.ts'
import { type AskedPlace, inPlace, readText } from './named-files.ts'
import { type CountTokens, loadTokenCounter } from './tokens.ts'

/** A place whose code is wanted. Lines count from 1, both ends included. */
export interface WantedPlace {
  /** Relative to the repository, with `/`. */
  readonly path: string
  readonly startLine: number
  readonly endLine: number
  /** Qualified within the file; left out if it has none. */
  readonly name?: string
}

/**
 * The code of a place. `whole`: all lines. `code`: without the docstring. `head`: the signature, and as much of the
 * code after it as fits.
 */
export interface Snippet extends WantedPlace {
  readonly form: 'code' | 'head' | 'whole'
  /** Runs of lines, in order; lines between two runs are left out. */
  readonly parts: readonly { readonly startLine: number; readonly endLine: number; readonly text: string }[]
  /** Tokens of its Markdown form. */
  readonly tokens: number
}

/** The code of some places, chosen to fit a number of tokens. */
export interface Snippets {
  readonly snippets: readonly Snippet[]
  /** Tokens of the Markdown form of all snippets. */
  readonly tokens: number
  /** Places that didn't fit or whose file can't be read. */
  readonly omitted: readonly WantedPlace[]
}

export const DEFAULT_SNIPPET_TOKENS = 2_000
/** Lines shown around evidence in a file without an answered function. */
const AROUND_EVIDENCE = 5
/** Shorter heads are useless. */
const MIN_HEAD_LINES = 3

/** The places of a localization, best first: answered functions (evidence in files without one), then the ranking. */
export function locatedPlaces({ files, candidates }: LocateResult): readonly WantedPlace[] {
  const answered = files.flatMap(({ path, functions, evidence }): WantedPlace[] => {
    if (functions.length > 0)
      return functions.map(({ name, startLine, endLine }) => ({ path, name, startLine, endLine }))
    return evidence.slice(0, 2).map(({ startLine, endLine }) => ({
      path,
      startLine: Math.max(1, startLine - AROUND_EVIDENCE),
      endLine: endLine + AROUND_EVIDENCE,
    }))
  })
  const ranked = candidates.functions.map(({ path, name, startLine, endLine }) => ({ path, name, startLine, endLine }))
  const isNew = (one: WantedPlace): boolean =>
    !answered.some(({ path, name, startLine }) => path === one.path && name === one.name && startLine === one.startLine)
  return [...answered, ...ranked.filter(isNew)]
}

/**
 * Reads the code of places, best first, up to a number of tokens. Shows the whole definition; if that doesn't fit, the
 * definition without its docstring; if that doesn't fit either, the head. A place inside another one isn't repeated.
 * Throws what opening the place throws.
 */
export async function readSnippets(
  options: Omit<AskedPlace, 'path'>,
  places: readonly WantedPlace[],
  tokens: number,
): Promise<Snippets> {
  const count = await loadTokenCounter()
  return inPlace(options, ({ workspace }) => chooseSnippets(workspace.tree, places, { tokens, count }))
}

/** {@link readSnippets} in an open tree. */
export async function chooseSnippets(
  tree: Tree,
  places: readonly WantedPlace[],
  { tokens, count }: { readonly tokens: number; readonly count: CountTokens },
): Promise<Snippets> {
  const texts = new Map<string, readonly string[] | undefined>()
  for (const { path } of places) {
    if (!texts.has(path)) texts.set(path, (await readText(tree, path))?.split(/\r?\n/))
  }
  const snippets: Snippet[] = []
  const omitted: WantedPlace[] = []
  let left = tokens
  for (const [index, place] of places.entries()) {
    const lines = texts.get(place.path)
    if (snippets.some((one) => isWithin(place, one))) continue
    const later = places.length - index - 1
    const snippet = lines && fitting(place, lines, { left, share: left / (later + 1), count })
    if (snippet === undefined) omitted.push(place)
    else {
      snippets.push(snippet)
      left -= snippet.tokens
    }
  }
  return { snippets, tokens: tokens - left, omitted }
}

/** The Markdown of a snippet: a heading with its place, and a fence that its content can't end. */
export function snippetMarkdown({ path, name, startLine, endLine, parts }: Omit<Snippet, 'tokens'>): string {
  const heading = name === undefined ? `${path}:${startLine}-${endLine}` : `${path}:${startLine}-${endLine} ${name}`
  const indent = /^\s*/.exec(parts.at(-1)?.text ?? '')?.[0] ?? ''
  const rows: string[] = []
  let next = startLine
  for (const part of parts) {
    if (part.startLine > next) rows.push(`${indent}… lines ${next}-${part.startLine - 1} left out`)
    rows.push(part.text)
    next = part.endLine + 1
  }
  if (next <= endLine) rows.push(`${indent}… lines ${next}-${endLine} left out`)
  const code = rows.join('\n')
  const longest = largestOf(
    (code.match(/`+/g) ?? []).map(({ length }) => length),
    2,
  )
  const fence = '`'.repeat(longest + 1)
  return `### ${oneLine(heading)}\n\n${fence}${languageOf(path) ?? ''}\n${code}\n${fence}\n\n`
}

/** A file name can contain line ends, which must not end the heading. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- finding control characters is the point
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ')
}

/** True for a place inside a snippet that shows all lines. */
function isWithin(place: WantedPlace, { form, path, startLine, endLine }: Snippet): boolean {
  return form !== 'head' && path === place.path && startLine <= place.startLine && place.endLine <= endLine
}

interface Room {
  /** Tokens left for all places. */
  readonly left: number
  /** Tokens that this place may take if it isn't shown whole. */
  readonly share: number
  readonly count: CountTokens
}

function fitting(place: WantedPlace, lines: readonly string[], room: Room): Snippet | undefined {
  const last = Math.min(place.endLine, lines.length)
  if (last < place.startLine) return undefined
  const head = headOf(place, lines, last)
  const whole = partsOf(lines, [[place.startLine, last]])
  const code = partsOf(lines, [
    [place.startLine, head.signatureEnd],
    [head.codeStart, last],
  ])
  const made = (form: Snippet['form'], parts: Snippet['parts']): Snippet => {
    const snippet = { ...place, endLine: last, form, parts }
    return { ...snippet, tokens: room.count(snippetMarkdown(snippet)) }
  }
  // A line has at least one token, so a place with more lines than tokens left can't fit.
  const candidates = last - place.startLine < room.left ? [made('whole', whole)] : []
  if (head.codeStart > head.signatureEnd + 1 && last - head.codeStart < room.left) candidates.push(made('code', code))
  const found = candidates.find(({ tokens }) => tokens <= room.left)
  return found ?? longestHead(head, last, { room, made, lines, place })
}

/** The signature with as many lines after it as fit into the share, found by bisection. */
function longestHead(
  head: Head,
  last: number,
  {
    room,
    made,
    lines,
    place,
  }: {
    readonly room: Room
    readonly made: (form: 'head', parts: Snippet['parts']) => Snippet
    readonly lines: readonly string[]
    readonly place: WantedPlace
  },
): Snippet | undefined {
  const upTo = (end: number): Snippet =>
    made(
      'head',
      partsOf(lines, [
        [place.startLine, Math.min(head.signatureEnd, end)],
        [head.codeStart, end],
      ]),
    )
  let best: Snippet | undefined
  let [low, high] = [head.signatureEnd, last]
  while (low <= high) {
    const middle = Math.floor((low + high) / 2)
    const snippet = upTo(middle)
    const shown = snippet.parts.reduce((sum, part) => sum + part.endLine - part.startLine + 1, 0)
    const isShort = shown <= Math.max(MIN_HEAD_LINES, head.signatureEnd - place.startLine + 1)
    if (snippet.tokens <= (isShort ? room.left : Math.min(room.left, room.share))) {
      best = snippet
      low = middle + 1
    } else high = middle - 1
  }
  return best
}

/** Makes parts from ranges of lines: joins adjacent ranges and drops empty ones. */
function partsOf(lines: readonly string[], ranges: readonly (readonly [number, number])[]): Snippet['parts'] {
  const kept: [number, number][] = []
  for (const [start, end] of ranges) {
    if (end < start) continue
    const before = kept.at(-1)
    if (before !== undefined && before[1] + 1 >= start) before[1] = end
    else kept.push([start, end])
  }
  return kept.map(([startLine, endLine]) => ({
    startLine,
    endLine,
    text: lines.slice(startLine - 1, endLine).join('\n'),
  }))
}

interface Head {
  /** The last line of the signature. */
  readonly signatureEnd: number
  /** The first line of code after the signature and the docstring. */
  readonly codeStart: number
}

const QUOTES = /^[rRuUbB]*("""|'''|"|')/

/** Where the signature ends and, in Python, the docstring. */
function headOf({ path, startLine }: WantedPlace, lines: readonly string[], last: number): Head {
  let depth = 0
  let row = startLine
  for (; row < last; row++) {
    const line = withoutStrings(lines[row - 1] ?? '')
    for (const character of line) {
      if ('([{'.includes(character)) depth++
      else if (')]}'.includes(character)) depth--
    }
    const isPython = languageOf(path) === 'python'
    const isDone = isPython ? depth <= 0 && /:\s*$/.test(line) : /[{:=]\s*$|[;})]\s*$/.test(line)
    if (isDone && !/^\s*@/.test(line)) break
  }
  const next = lines.findIndex((line, index) => index >= row && line.trim() !== '')
  const quote = next === -1 || languageOf(path) !== 'python' ? undefined : QUOTES.exec((lines[next] ?? '').trim())?.[1]
  if (quote === undefined) return { signatureEnd: row, codeStart: row + 1 }
  const rest = (lines[next] ?? '').trim().replace(QUOTES, '')
  if (rest.includes(quote)) return { signatureEnd: row, codeStart: next + 2 }
  const end = lines.findIndex((line, index) => index > next && line.includes(quote))
  return { signatureEnd: row, codeStart: end === -1 || end + 1 >= last ? row + 1 : end + 2 }
}

/** The line without strings and a comment at its end, roughly, since brackets in them don't count. */
function withoutStrings(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""').replace(/\s+(?:#|\/\/).*$/, '')
}
