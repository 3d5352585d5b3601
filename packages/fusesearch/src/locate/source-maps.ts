import { SourceMap, type SourceMapping } from 'node:module'
import { posix } from 'node:path'
import { untilAborted } from '../core/index.ts'
import { readWhole, type Workspace } from '../search/index.ts'
import type { CheckedIssue } from './issue.ts'

/** Bounds for one issue; what lies beyond stays as it is written. */
const MAX_POSITIONS = 100
const MAX_MAPS = 3
/** Of a map with its sources' texts, and of all that is read. */
const MAX_MAP_BYTES = 10_000_000
const MAX_BYTES = 30_000_000
/** Node decodes all mappings of a map at once: at worst 0.3 s and 100 MB for this many characters. */
const MAX_MAPPING_CHARACTERS = 2_000_000
/** An indexed map has its maps in a list of objects. Deep JSON takes 80 times its length in memory. */
const MAX_DEPTH = 16
const MAX_NOTICES = 3

/** A position in a compiled script: its path or address, a query, the line from 1, and the column from 1 if there is one. */
const POSITION = /([^\s()"'`<>|,;]{1,200}?\.[mc]?js)(?:\?[^\s:()]{0,100})?:(\d{1,7})(?::(\d{1,7}))?(?!\d)/g
const COMPILED = /\.[mc]?js(?:\?[^\s:]*)?:\d/
const MAP_ADDRESS = /\/\/[#@] sourceMappingURL=(\S+)\s*$/
const INLINE_MAP = /^data:application\/json[^,]{0,60};base64,/

/** In place of a line of a minified script: its path would be taken for the file to change. */
const NO_SOURCE = '(minified)'

/** A place in the tree to which a map leads. */
interface Position {
  readonly path: string
  readonly line: number
  readonly column: number
}

/** A map of the tree, and what it was made from. */
interface OpenedMap {
  readonly path: string
  readonly root: string
  readonly map: SourceMap
}

/**
 * Replaces positions in compiled scripts by those of their sources, if the tree has a source map for the script (a file
 * with `.map` behind its name, the one that it names, or one in the script itself) and the source. Ignored scripts count,
 * since what is built usually is ignored. Nothing is run or fetched. If `signal` aborts, the issue is returned as it is.
 */
export async function readSourceMaps(issue: string, workspace: Workspace, signal: AbortSignal): Promise<CheckedIssue> {
  if (!COMPILED.test(issue) || workspace.tree.remote !== undefined) return { issue, notices: [] }
  try {
    return await untilAborted(replacePositions(issue, workspace, signal), signal)
  } catch (error) {
    if (signal.aborted) return { issue, notices: [] }
    throw error
  }
}

async function replacePositions(issue: string, workspace: Workspace, signal: AbortSignal): Promise<CheckedIssue> {
  const all = [...issue.matchAll(POSITION)]
  const found = all.slice(0, MAX_POSITIONS)
  const paths = new Paths(await workspace.tree.listFiles(signal))
  const maps = new Maps(workspace, paths)
  const [parts, notices]: [string[], string[]] = [[], []]
  let from = 0
  for (const match of found) {
    signal.throwIfAborted()
    const [text, script = '', line, column] = match
    const map = await maps.of(pathOf(script))
    if (map === undefined) continue
    const source = sourceOf(map, { line: Number(line), column, paths })
    if (source === undefined && column !== undefined) continue
    const shown = source === undefined ? NO_SOURCE : `${source.path}:${source.line}:${source.column}`
    // What stands before the address in the same word, such as the function in `name@https://…`.
    const start = match.index + (script.length - addressOf(script).length)
    parts.push(issue.slice(from, start), shown)
    from = match.index + text.length
    if (source !== undefined)
      notices.push(`${pathOf(script)}:${line}${column ? `:${column}` : ''} was read as ${shown}, by ${map.path}.`)
  }
  const told = [...new Set(notices)]
  const more = told.length - MAX_NOTICES
  const rest = more > 0 ? [`${more} more positions in compiled scripts were read by source maps.`] : []
  const unread = [...maps.leftOut]
  if (maps.opened > 0 && all.length > found.length)
    unread.push(`Only the first ${MAX_POSITIONS} positions in compiled scripts were looked up in source maps.`)
  return { issue: [...parts, issue.slice(from)].join(''), notices: [...told.slice(0, MAX_NOTICES), ...rest, ...unread] }
}

/** Without the function before it, as in `name@https://host/app.js`. */
function addressOf(script: string): string {
  return script.replace(/^[^/@]*@(?=\w+:\/\/|\/)/, '')
}

/** The path of a script's address, with `/`: neither protocol and host nor a leading slash. */
function pathOf(script: string): string {
  return plainPath(addressOf(script).replaceAll('\\', '/'))
}

function plainPath(address: string): string {
  const path = address.replace(/^[a-z][\w+.-]*:\/\/[^/]*\//i, '').replace(/^[a-z]:\//i, '')
  return posix.normalize(path).replace(/^(?:\.\.?\/|\/)+/, '')
}

/** The maps of the scripts that an issue names, each opened once. */
class Maps {
  /** Sentences about maps that weren't read because of a limit. */
  readonly leftOut = new Set<string>()
  opened = 0
  readonly #workspace: Workspace
  readonly #paths: Paths
  readonly #known = new Map<string, OpenedMap | undefined>()
  #bytesLeft = MAX_BYTES

  constructor(workspace: Workspace, paths: Paths) {
    this.#workspace = workspace
    this.#paths = paths
  }

  async of(script: string): Promise<OpenedMap | undefined> {
    if (!this.#known.has(script)) this.#known.set(script, await this.#open(script))
    return this.#known.get(script)
  }

  async #open(script: string): Promise<OpenedMap | undefined> {
    const listed = [this.#paths.nearest(`${script}.map`), this.#paths.nearest(script)]
    const built = endingsOf(script).flatMap((path) => [`${path}.map`, path])
    for (const path of new Set([...listed, ...built])) {
      if (path === undefined) continue
      if (this.opened >= MAX_MAPS) {
        this.leftOut.add(`Only the maps of the first ${MAX_MAPS} compiled scripts were read.`)
        return undefined
      }
      const opened = path.endsWith('.map') ? await this.#read(path) : await this.#readNamed(path)
      if (opened !== undefined) return opened
    }
    return undefined
  }

  async #read(path: string): Promise<OpenedMap | undefined> {
    const text = await this.#text(path)
    return text === undefined ? undefined : this.#parse(path, text)
  }

  /** The map that a script names in its last line: a file beside it, or the map itself. */
  async #readNamed(script: string): Promise<OpenedMap | undefined> {
    const text = await this.#text(script)
    const [, address = ''] = MAP_ADDRESS.exec(text?.slice(text.trimEnd().lastIndexOf('\n') + 1) ?? '') ?? []
    if (INLINE_MAP.test(address))
      return this.#parse(script, Buffer.from(address.slice(address.indexOf(',') + 1), 'base64').toString())
    if (!/^[\w./%@-]+$/.test(address)) return undefined
    return this.#read(posix.join(posix.dirname(script), address))
  }

  async #text(path: string): Promise<string | undefined> {
    const read = await readWhole(this.#workspace.tree, path, Math.min(MAX_MAP_BYTES, this.#bytesLeft))
    if (read.kind === 'too-large') {
      const limit = `${MAX_MAP_BYTES / 1e6} MB, ${MAX_BYTES / 1e6} MB for all`
      this.leftOut.add(`${path} was not read for source maps: it is too large (limit: ${limit}).`)
    }
    if (read.kind !== 'text') return undefined
    this.#bytesLeft -= read.text.length
    return read.text.toString()
  }

  #parse(path: string, text: string): OpenedMap | undefined {
    try {
      if (isDeep(text)) return undefined
      const json = JSON.parse(text.replace(/^\)\]\}'?[^\n]*\n/, '')) as unknown
      if (!isMap(json)) return undefined
      if (mappingCharacters(json) > MAX_MAPPING_CHARACTERS) {
        this.leftOut.add(
          `The source map ${path} was not used: it has more than ${MAX_MAPPING_CHARACTERS / 1e6} million characters of mappings.`,
        )
        return undefined
      }
      const root = typeof json.sourceRoot === 'string' ? json.sourceRoot : ''
      this.opened += 1
      return { path, root, map: new SourceMap(json as unknown as ConstructorParameters<typeof SourceMap>[0]) }
    } catch {
      // Not JSON, or mappings that can't be decoded: no map.
      return undefined
    }
  }
}

/** Whether brackets, those in strings not counted, nest deeper than in any map. */
function isDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '[' || sign === '{') depth += 1
    else if (sign === ']' || sign === '}') depth -= 1
    else if (sign === '"') at = endOfString(text, at)
    if (depth > MAX_DEPTH) return true
  }
  return false
}

/** The place of the quote that ends the string whose first quote is at `start`; the text's end without one. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let first = at
    while (text[first - 1] === '\\') first -= 1
    if ((at - first) % 2 === 0) return at
  }
  return text.length
}

interface RawMap {
  readonly mappings: string
  readonly sections?: unknown
  readonly sources: readonly string[]
  readonly sourceRoot?: unknown
}

function isMap(json: unknown): json is RawMap {
  if (typeof json !== 'object' || json === null || !('mappings' in json) || !('sources' in json)) return false
  const { mappings, sources } = json
  return typeof mappings === 'string' && Array.isArray(sources) && sources.every((one) => typeof one === 'string')
}

/** Of a map and of those inside an indexed one, all of which Node decodes. */
function mappingCharacters({ mappings, sections }: RawMap): number {
  if (!Array.isArray(sections)) return mappings.length
  const inside = sections.map(
    (section: { readonly map?: { readonly mappings?: unknown } } | null) => section?.map?.mappings,
  )
  return inside.reduce<number>((sum, one) => sum + (typeof one === 'string' ? one.length : 0), mappings.length)
}

/** `a/b/c.js` → `a/b/c.js`, `b/c.js`, `c.js`. */
function endingsOf(path: string): string[] {
  const parts = path.split('/')
  return parts.map((_, from) => parts.slice(from).join('/'))
}

/** The paths of a tree by the names of the files. */
class Paths {
  readonly #byName = new Map<string, string[]>()

  constructor(paths: readonly string[]) {
    for (const path of paths) {
      const same = this.#byName.get(posix.basename(path))
      if (same === undefined) this.#byName.set(posix.basename(path), [path])
      else same.push(path)
    }
  }

  /** The path that shares the most last parts with another one, the name at least; undefined if two do. */
  nearest(wanted: string): string | undefined {
    const same = this.#byName.get(posix.basename(wanted)) ?? []
    for (const ending of endingsOf(wanted)) {
      const [first, second] = same.filter((path) => path === ending || path.endsWith(`/${ending}`))
      if (first !== undefined) return second === undefined || first === ending ? first : undefined
    }
    return undefined
  }
}

interface Asked {
  readonly line: number
  readonly column: string | undefined
  readonly paths: Paths
}

/** The source of a position; undefined if the map or the tree doesn't have it. */
function sourceOf({ path, root, map }: OpenedMap, { line, column, paths }: Asked): Position | undefined {
  const entry = entryAt(map, line, column === undefined ? WHOLE_LINE : Number(column))
  if (entry === undefined) return undefined
  // A minified line holds many lines of the sources, and a position without a column could be any of them.
  if (column === undefined && !isSameLine(entry, entryAt(map, line, LATE_COLUMN))) return undefined
  const [source = ''] = entry.originalSource.split('?')
  const isAddress = /^[a-z][\w+.-]*:\/\//i.test(source) || source.startsWith('/')
  const written = isAddress ? source : posix.join(isRooted(root) ? '' : posix.dirname(path), root, source)
  const found = paths.nearest(plainPath(written))
  return found === undefined
    ? undefined
    : { path: found, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
}

/** A column that stands for the end of a line, and one that few lines reach that were written by hand. */
const WHOLE_LINE = Number.MAX_SAFE_INTEGER
const LATE_COLUMN = 80

function isSameLine(one: Entry, other: Entry | undefined): boolean {
  return one.originalSource === other?.originalSource && one.originalLine === other.originalLine
}

type Entry = Pick<SourceMapping, 'originalSource' | 'originalLine' | 'originalColumn'>

/** The mapping of a position (line and column from 1), on its line at or before it. */
function entryAt(map: SourceMap, line: number, column: number): Entry | undefined {
  const entry = map.findEntry(line - 1, column - 1)
  if (!('originalSource' in entry) || entry.generatedLine !== line - 1) return undefined
  return typeof entry.originalSource === 'string' && entry.originalLine >= 0 ? entry : undefined
}

/** A root that is an address or an absolute path, so that the map's folder doesn't count. */
function isRooted(root: string): boolean {
  return root.startsWith('/') || root.includes('://')
}
