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

/** Keeps the first rows that fit into `maxBytes`, at least one. */
export function cutTo(observation: Observation, call: Call, maxBytes: number): Cut {
  if (!observation.ok || observation.bytes <= maxBytes) return { observation, row: undefined }
  switch (observation.tool) {
    case 'read_file':
      return cutRead(observation, call, maxBytes)
    case 'glob': {
      const kept = fitting(observation.paths, (path) => path, maxBytes)
      return cutPaths({ ...observation, paths: kept }, call, observation.paths.slice(kept.length))
    }
    case 'history': {
      const commits = fitting(observation.commits, (commit) => [commit.subject, ...commit.paths].join('\n'), maxBytes)
      return { observation: { ...observation, commits }, row: historyRow(observation.commits.length - commits.length) }
    }
    case 'grep':
      if (observation.mode === 'content') return cutContent(observation, call, maxBytes)
      if (observation.mode === 'paths') {
        const kept = fitting(observation.paths, (path) => path, maxBytes)
        return cutPaths({ ...observation, paths: kept }, call, observation.paths.slice(kept.length))
      }
      return cutCounts(observation, call, maxBytes)
  }
}

function cutCounts(observation: GrepCountsObservation, call: Call, maxBytes: number): Cut {
  const counts = fitting(observation.counts, ({ path }) => `${path}:0000`, maxBytes)
  const rest = observation.counts.slice(counts.length).map(({ path }) => path)
  return cutPaths({ ...observation, counts }, call, rest)
}

function cutRead(observation: ReadFileObservation, call: Call, maxBytes: number): Cut {
  const lines = fitting(observation.lines, ({ text }) => `00000:${text}`, maxBytes)
  const next = observation.lines[lines.length]
  if (next === undefined) return { observation, row: undefined }
  const end = call.tool === 'read_file' ? call.arguments.endLine : undefined
  const rest = { path: observation.path, startLine: next.line, ...(end === undefined ? {} : { endLine: end }) }
  const count = observation.lines.length - lines.length
  return { observation: { ...observation, lines }, row: rowOf(`${count} more lines`, 'read_file', rest) }
}

function cutContent(observation: GrepContentObservation, call: Call, maxBytes: number): Cut {
  const files: GrepContentObservation['files'][number][] = []
  let left = maxBytes
  for (const file of observation.files) {
    left -= Buffer.byteLength(file.path) + 2
    const first = Buffer.byteLength(file.lines[0]?.text ?? '') + 7
    if (first > left && files.length > 0) break
    const lines = fitting(file.lines, ({ text }) => `00000:${text}`, left)
    left -= lines.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 7, 0)
    files.push({ path: file.path, lines })
    if (lines.length < file.lines.length) break
  }
  const shown = { ...observation, files }
  const last = files.at(-1)
  const whole = observation.files[files.length - 1]
  const next = last && whole?.lines[last.lines.length]
  const rest = observation.files.slice(files.length).map(({ path }) => path)
  const rows = [
    ...(next && last
      ? [rowOf(`More matches in ${last.path}`, 'read_file', { path: last.path, startLine: next.line })]
      : []),
    ...(rest.length > 0 ? [restRow(call, rest)] : []),
  ]
  return { observation: shown, row: rows.length === 0 ? undefined : rows.join('\n') }
}

function cutPaths(observation: Observation, call: Call, rest: readonly string[]): Cut {
  return { observation, row: rest.length === 0 ? undefined : restRow(call, rest) }
}

/** The same call for the files that were left out: a few files by name, many files by folder. */
function restRow(call: Call, paths: readonly string[]): string {
  const folders = [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1)))]
  const named = (paths.length <= MAX_NAMED || folders.includes('') ? paths : folders)
    .slice(0, MAX_NAMED)
    .map(escapeGlob)
  const what = `${paths.length} more ${paths.length === 1 ? 'file' : 'files'}`
  if (call.tool === 'grep') return rowOf(what, 'grep', { ...call.arguments, globs: named })
  return rowOf(what, 'glob', { patterns: named })
}

function escapeGlob(path: string): string {
  const escaped = path.replaceAll(/[[\]{}*?\\]/g, String.raw`\$&`)
  return escaped.startsWith('!') ? `\\${escaped}` : escaped
}

function historyRow(count: number): string | undefined {
  return count === 0 ? undefined : `[${count} more commits did not fit; a narrower query ranks them first.]`
}

function rowOf(what: string, tool: string, rest: object): string {
  return `[${what} did not fit. To see the rest: ${tool} ${JSON.stringify(rest)}]`
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
