import type {
  Call,
  GrepContentObservation,
  GrepCountsObservation,
  Observation,
  ReadFileObservation,
} from '../../../search/index.ts'

/** An observation cut to a budget, and a row that says so and names the call for the rest. */
export interface Cut {
  readonly observation: Observation
  readonly row: string | undefined
}

/** Most paths or folders in the call for the rest. */
const MAX_NAMED = 10
/** A call for the rest may be as long as this part of what is shown. A longer one isn't named. */
const CALL_SHARE = 0.25

/** Keeps the first rows that fit into `maxBytes`, at least one. */
export function cutTo(observation: Observation, call: Call, maxBytes: number): Cut {
  if (!observation.ok || observation.bytes <= maxBytes) return { observation, row: undefined }
  switch (observation.tool) {
    case 'read_file':
      return cutRead(observation, call, maxBytes)
    case 'glob': {
      const kept = fitting(observation.paths, (path) => path, maxBytes)
      const rest = observation.paths.slice(kept.length)
      return cutPaths({ observation: { ...observation, paths: kept }, call, rest, maxBytes })
    }
    case 'history': {
      const commits = fitting(observation.commits, (commit) => [commit.subject, ...commit.paths].join('\n'), maxBytes)
      return { observation: { ...observation, commits }, row: historyRow(observation.commits.length - commits.length) }
    }
    case 'grep':
      if (observation.mode === 'content') return cutContent(observation, call, maxBytes)
      if (observation.mode === 'paths') {
        const kept = fitting(observation.paths, (path) => path, maxBytes)
        const rest = observation.paths.slice(kept.length)
        return cutPaths({ observation: { ...observation, paths: kept }, call, rest, maxBytes })
      }
      return cutCounts(observation, call, maxBytes)
  }
}

function cutCounts(observation: GrepCountsObservation, call: Call, maxBytes: number): Cut {
  const counts = fitting(observation.counts, ({ path }) => `${path}:0000`, maxBytes)
  const rest = observation.counts.slice(counts.length).map(({ path }) => path)
  return cutPaths({ observation: { ...observation, counts }, call, rest, maxBytes })
}

function cutRead(observation: ReadFileObservation, call: Call, maxBytes: number): Cut {
  const lines = fitting(observation.lines, ({ text }) => `00000:${text}`, maxBytes)
  const next = observation.lines[lines.length]
  if (next === undefined) return { observation, row: undefined }
  const end = call.tool === 'read_file' ? call.arguments.endLine : undefined
  const rest = { path: observation.path, startLine: next.line, ...(end === undefined ? {} : { endLine: end }) }
  const what = `${observation.lines.length - lines.length} more lines`
  return { observation: { ...observation, lines }, row: rowOf({ what, tool: 'read_file', rest, maxBytes }) }
}

/** A line of each file first, then more of each: which files match says more than all matches of the first file. */
function cutContent(observation: GrepContentObservation, call: Call, maxBytes: number): Cut {
  const counts: number[] = []
  let left = maxBytes
  for (const { path, lines } of observation.files) {
    left -= Buffer.byteLength(path) + 2 + bytesOf(lines[0])
    if (left < 0 && counts.length > 0) break
    counts.push(Math.min(1, lines.length))
  }
  for (let round = 1, isGrowing = true; isGrowing; round++) {
    isGrowing = false
    for (const [index, { lines }] of observation.files.slice(0, counts.length).entries()) {
      if (lines[round] === undefined || left < bytesOf(lines[round])) continue
      // A line that didn't fit ends its file, so that what is shown of it has no holes.
      if (counts[index] !== round) continue
      left -= bytesOf(lines[round])
      counts[index] = round + 1
      isGrowing = true
    }
  }
  const files = counts.map((count, index) => {
    const { path = '', lines = [] } = observation.files[index] ?? {}
    return { path, lines: lines.slice(0, count) }
  })
  const rows = [...moreRows(observation, counts, maxBytes), ...restRows(observation, counts.length, { call, maxBytes })]
  return { observation: { ...observation, files }, row: rows.length === 0 ? undefined : rows.join('\n') }
}

function bytesOf(line: { readonly text: string } | undefined): number {
  return line === undefined ? 0 : Buffer.byteLength(line.text) + '00000:'.length + 1
}

/** What was left out of files that are shown. */
function moreRows({ files }: GrepContentObservation, counts: readonly number[], maxBytes: number): readonly string[] {
  const cut = files.slice(0, counts.length).filter(({ lines }, index) => lines.length > (counts[index] ?? 0))
  const [first] = cut
  if (first === undefined) return []
  const { path, lines } = first
  const what = files.length === 1 ? 'More matches' : `More matches in ${cut.length} of these files`
  const startLine = lines[counts[files.indexOf(first)] ?? 0]?.line
  return [rowOf({ what, tool: 'read_file', rest: { path, startLine }, maxBytes })]
}

function restRows(
  { files }: GrepContentObservation,
  shown: number,
  { call, maxBytes }: { readonly call: Call; readonly maxBytes: number },
): readonly string[] {
  const rest = files.slice(shown).map(({ path }) => path)
  return rest.length === 0 ? [] : [restRow(call, rest, maxBytes)]
}

/** Everything that {@link cutPaths} reads. */
interface CutPaths {
  readonly observation: Observation
  readonly call: Call
  readonly rest: readonly string[]
  readonly maxBytes: number
}

function cutPaths({ observation, call, rest, maxBytes }: CutPaths): Cut {
  return { observation, row: rest.length === 0 ? undefined : restRow(call, rest, maxBytes) }
}

/** The same call for the files that were left out: a few files by name, many files by folder. */
function restRow(call: Call, paths: readonly string[], maxBytes: number): string {
  const folders = [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1)))]
  const named = (paths.length <= MAX_NAMED || folders.includes('') ? paths : folders)
    .slice(0, MAX_NAMED)
    .map(escapeGlob)
  const what = `${paths.length} more ${paths.length === 1 ? 'file' : 'files'}`
  if (call.tool === 'grep') return rowOf({ what, tool: 'grep', rest: { ...call.arguments, globs: named }, maxBytes })
  return rowOf({ what, tool: 'glob', rest: { patterns: named }, maxBytes })
}

function escapeGlob(path: string): string {
  const escaped = path.replaceAll(/[[\]{}*?\\]/g, String.raw`\$&`)
  return escaped.startsWith('!') ? `\\${escaped}` : escaped
}

function historyRow(count: number): string | undefined {
  return count === 0 ? undefined : `[${count} more commits did not fit; a narrower query ranks them first.]`
}

/** What was left out, and the call that shows it. */
interface LeftOut {
  readonly what: string
  readonly tool: string
  readonly rest: object
  /** Most bytes of what is shown. */
  readonly maxBytes: number
}

/** Names the call, unless it is long beside what is shown: a small model copies it, and its budget has no room for it. */
function rowOf({ what, tool, rest, maxBytes }: LeftOut): string {
  const call = `${tool} ${JSON.stringify(rest)}`
  if (Buffer.byteLength(call) > maxBytes * CALL_SHARE) return `[${what} did not fit.]`
  return `[${what} did not fit. To see the rest: ${call}]`
}

/** The first items whose rows fit, at least one. */
function fitting<T>(items: readonly T[], rowOfItem: (item: T) => string, maxBytes: number): readonly T[] {
  let bytes = 0
  const beyond = items.findIndex((item) => {
    bytes += Buffer.byteLength(rowOfItem(item)) + 1
    return bytes > maxBytes
  })
  return beyond < 0 ? items : items.slice(0, Math.max(1, beyond))
}
