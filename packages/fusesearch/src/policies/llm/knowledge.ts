import { type Call, historyPaths, type Observation, type ShownLine } from '../../search/index.ts'

/** Identifies a call of the run: the turn counts from 1, the call in it from 0. */
export interface CallPosition {
  readonly turn: number
  readonly call: number
}

/** Lines of a file that one call showed. */
export interface Sighting extends CallPosition {
  readonly tool: Call['tool']
  readonly startLine: number
  readonly endLine: number
}

/** What the calls so far showed of one file. */
export interface SeenFile {
  readonly path: string
  /** Text of the shown lines, by line number. */
  readonly lines: Map<number, string>
  readonly sightings: Sighting[]
  /** Number of lines that matched a grep. */
  matches: number
  /** Number of lines that `read_file` showed. */
  reads: number
  /** Length of the file in lines, once it was read. */
  totalLines: number | undefined
}

/** How much of an observation was new in the run. */
export interface Novelty {
  readonly lines: number
  readonly newLines: number
  readonly paths: number
  readonly newPaths: number
}

/** Most lines from which identifiers are collected for suggestions; few runs show more. */
const MAX_NAMED_LINES = 50_000

/** Everything in a run's observations, including what a budget hid from the model. */
export class Knowledge {
  readonly files = new Map<string, SeenFile>()
  /** Paths that tools suggested after a miss: they exist, but none of their lines was shown. */
  readonly suggested = new Set<string>()
  readonly #names = new Set<string>()
  #unread: string[] = []
  #namedLines = 0

  /** Adds an observation and returns how much of it was new. */
  absorb(observation: Observation, place: CallPosition): Novelty {
    for (const path of suggestedPaths(observation)) this.suggested.add(path)
    if (!observation.ok) return { lines: 0, newLines: 0, paths: 0, newPaths: 0 }
    if (observation.tool === 'read_file') {
      const isNew = !this.files.has(observation.path)
      const newLines = this.#addLines(observation.path, observation.lines, { ...place, tool: 'read_file' })
      this.#file(observation.path).totalLines = observation.totalLines
      return { lines: observation.lines.length, newLines, paths: 1, newPaths: isNew ? 1 : 0 }
    }
    if (observation.tool === 'grep' && observation.mode === 'content') {
      const known = this.files.size
      let [lines, newLines] = [0, 0]
      for (const file of observation.files) {
        lines += file.lines.length
        newLines += this.#addLines(file.path, file.lines, { ...place, tool: 'grep' })
      }
      return { lines, newLines, paths: observation.files.length, newPaths: this.files.size - known }
    }
    const paths = pathsOf(observation)
    const newPaths = paths.filter((path) => !this.files.has(path)).length
    for (const path of paths)
      this.#file(path).sightings.push({ ...place, tool: observation.tool, startLine: 1, endLine: 1 })
    return { lines: 0, newLines: 0, paths: paths.length, newPaths }
  }

  /** Identifiers in the lines that were shown. */
  names(): ReadonlySet<string> {
    for (const text of this.#unread) {
      for (const [name] of text.matchAll(/[A-Za-z_$][\w$]{2,80}/g)) this.#names.add(name)
    }
    this.#unread = []
    return this.#names
  }

  #addLines(
    path: string,
    lines: readonly (ShownLine & { readonly isMatch?: boolean })[],
    from: CallPosition & { readonly tool: Call['tool'] },
  ): number {
    const file = this.#file(path)
    let added = 0
    for (const { line, text, isMatch } of lines) {
      if (from.tool === 'read_file') file.reads++
      else if (isMatch === true) file.matches++
      if (file.lines.get(line) === text) continue
      file.lines.set(line, text)
      added++
      if (this.#namedLines++ < MAX_NAMED_LINES) this.#unread.push(text)
    }
    const [first, last] = [lines[0]?.line, lines.at(-1)?.line]
    if (first !== undefined && last !== undefined) file.sightings.push({ ...from, startLine: first, endLine: last })
    return added
  }

  #file(path: string): SeenFile {
    const known = this.files.get(path)
    if (known !== undefined) return known
    const file: SeenFile = { path, lines: new Map(), sightings: [], matches: 0, reads: 0, totalLines: undefined }
    this.files.set(path, file)
    return file
  }
}

/** A grep suggests names with their locations: `name (path:line)`. */
function suggestedPaths({ tool, suggestions = [] }: Observation): readonly string[] {
  if (tool !== 'grep') return suggestions
  return suggestions.flatMap((text) => / \((.+):\d+\)$/.exec(text)?.[1] ?? [])
}

/** The paths that an observation names. */
export function pathsOf(observation: Observation & { readonly ok: true }): readonly string[] {
  switch (observation.tool) {
    case 'glob':
      return observation.paths
    case 'history':
      return [...historyPaths(observation)]
    case 'read_file':
      return [observation.path]
    case 'grep':
      if (observation.mode === 'paths') return observation.paths
      if (observation.mode === 'counts') return observation.counts.map(({ path }) => path)
      return observation.files.map(({ path }) => path)
  }
}
