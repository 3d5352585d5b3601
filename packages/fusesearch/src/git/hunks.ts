import { FuseSearchError } from '../core/index.ts'
import type { LoggedCommit } from './commit-log.ts'
import { type Repository, runIn } from './repository.ts'

/** Lines that a commit changed in one place of a file. */
export interface Hunk {
  /** First of the lines as they were after the commit, from 1. */
  readonly startLine: number
  /** The line above that looks like the beginning of a function to git; empty without one. */
  readonly heading: string
  /** Lines that the commit wrote. */
  readonly added: readonly string[]
}

/** A changed file that still exists after the commit, as bytes (latin1), and the places. */
export interface ChangedLines {
  readonly path: string
  readonly hunks: readonly Hunk[]
}

const PATCH_OPTIONS =
  '-r -p -U0 --no-renames --always --no-ext-diff --no-textconv --no-color --no-indent-heuristic --src-prefix=a/ --dst-prefix=b/'.split(
    ' ',
  )

/** Memory of git when it compares commits: a change of half a million files takes this much. */
export const DIFF_MAX_MEMORY_BYTES = 256 * 1024 * 1024

/** A fix is small; a larger change is the work of a tool. */
const PATCH_MAX_BYTES = 2 * 1024 * 1024

/**
 * The lines that commits changed against their first parent, by the commit's hash; texts are bytes (latin1). It stops
 * at the first commit that can't be read or is very long: missing contents in a clone, or a bulk change.
 */
export async function changedLines(
  repository: Repository,
  commits: readonly Pick<LoggedCommit, 'id' | 'parents'>[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly ChangedLines[]>> {
  const asked = commits.flatMap(({ id, parents: [parent] }) => (parent === undefined ? [] : [`${id} ${parent}\n`]))
  if (asked.length === 0) return new Map()
  const chunks: string[] = []
  const command = ['-c', 'core.quotePath=false', 'diff-tree', '--stdin', ...PATCH_OPTIONS]
  const onOutput = (chunk: Buffer): unknown => chunks.push(chunk.toString('latin1'))
  const result = await runIn(repository, {
    arguments: command,
    input: asked.join(''),
    maxBytes: PATCH_MAX_BYTES,
    maxMemoryBytes: DIFF_MAX_MEMORY_BYTES,
    onOutput,
    signal,
  }).catch((error: unknown) => {
    if (error instanceof FuseSearchError && signal?.aborted !== true) return undefined
    throw error
  })
  const found = parsePatches(chunks.join(''))
  // The last record may be incomplete.
  if (result?.exitCode !== 0) found.delete([...found.keys()].at(-1) ?? '')
  return found
}

const HUNK = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/

function parsePatches(text: string): Map<string, readonly ChangedLines[]> {
  const found = new Map<string, ChangedLines[]>()
  let files: ChangedLines[] = []
  let hunks: Hunk[] = []
  let added: string[] = []
  // Lines of contents begin with a sign, so none can imitate a line of git's own.
  for (const line of text.split('\n')) {
    if (line.startsWith('+') && hunks.length > 0) added.push(line.slice(1))
    else if (line.startsWith('+++ b/')) {
      hunks = []
      files.push({ path: line.slice('+++ b/'.length).replace(/\t$/, ''), hunks })
      added = []
    } else if (line.startsWith('diff --git ')) {
      hunks = []
    } else if (line.startsWith('@@ ')) {
      const [, start = '0', heading = ''] = HUNK.exec(line) ?? []
      if (files.at(-1)?.hunks !== hunks) {
        // The file doesn't exist after the commit.
        hunks = []
        continue
      }
      added = []
      hunks.push({ startLine: Number(start), heading, added })
    } else if (/^[0-9a-f]{40,64}$/.test(line)) {
      files = []
      hunks = []
      found.set(line, files)
    }
  }
  return found
}
