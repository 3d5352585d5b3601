import { basename, resolve } from 'node:path'
import { type RunListener, recordToFile, type TrajectoryFacts } from '../agent/index.ts'
import { FuseSearchError } from '../core/index.ts'
import { PROGRAM_LIMITS, type ToolLimits } from '../search/index.ts'
import type { Terminal } from './command.ts'
import { readVersion } from './version.ts'

/** Flags that ask for a trajectory. */
export interface TrajectoryFlags {
  readonly repo: string
  readonly rev?: string
  readonly trajectory?: string
  readonly full?: boolean
}

/**
 * The listener that writes the run to the file of `--trajectory`, or none. Throws `bad-argument`; the listener throws
 * `write-failed`.
 */
export function openTrajectory(
  flags: TrajectoryFlags,
  { cwd }: Terminal,
  limits: ToolLimits = PROGRAM_LIMITS,
): { readonly record?: RunListener } {
  const { full = false, repo, rev, trajectory } = flags
  if (trajectory === undefined) {
    if (!full) return {}
    const message = '--full affects the trajectory, but none is recorded. Name its file with --trajectory FILE.'
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const facts: TrajectoryFacts = {
    tool: { name: 'fusesearch', version: readVersion() },
    limits,
    repository: { name: basename(resolve(cwd, repo)), ...(rev === undefined ? {} : { commit: rev }) },
    full,
  }
  let write: RunListener | undefined
  const record: RunListener = (event) => {
    // Opened when the run starts, so that a refused issue doesn't overwrite an earlier run's trajectory.
    write ??= recordToFile(resolve(cwd, trajectory), facts)
    write(event)
  }
  return { record }
}
