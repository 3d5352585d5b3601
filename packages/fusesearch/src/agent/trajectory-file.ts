import { appendFileSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { FuseSearchError } from '../core/index.ts'
import { parseTrajectory } from './parse-trajectory.ts'
import { createRecorder } from './record.ts'
import type { RunListener } from './run.ts'
import type { Trajectory, TrajectoryFacts } from './trajectory.ts'

/**
 * Makes a listener that records a run in a file. The file is emptied at once; then each line is appended when its event
 * happens, so that a killed run leaves a readable file. There is nothing to close.
 * Throws `write-failed`, now or from the listener, when the file cannot be written.
 */
export function recordToFile(path: string, facts: TrajectoryFacts): RunListener {
  writing(path, () => writeFileSync(path, ''))
  return createRecorder(facts, (line) => writing(path, () => appendFileSync(path, line)))
}

/** Reads a trajectory file. Throws `bad-trajectory` when it cannot be read or is broken, naming the line. */
export async function readTrajectoryFile(path: string): Promise<Trajectory> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const message = `Cannot read the trajectory ${path}: ${reasonOf(error)}. Name a file that --trajectory wrote.`
    throw new FuseSearchError(message, { code: 'bad-trajectory', cause: error })
  }
  return parseTrajectory(text, path)
}

function writing(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    const message = `Cannot write the trajectory ${path}: ${reasonOf(error)}. Make room for it, or name another file.`
    throw new FuseSearchError(message, { code: 'write-failed', cause: error })
  }
}

/** The fact in a file system error: "ENOSPC: no space left on device" of "ENOSPC: no space left on device, write". */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split(', ')[0] ?? message
}
