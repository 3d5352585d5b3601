import { FuseSearchError } from '../../core/index.ts'
import type { MessageListener } from './message.ts'

/** One run of ripgrep. */
export interface RgRun extends MessageListener {
  readonly rg: string
  readonly argv: readonly string[]
  /** The tree's root. */
  readonly cwd: string
  /** Ends the process when it aborts. */
  readonly signal: AbortSignal
  readonly input?: Buffer
  /** Gets standard output as it comes; false ends the process, because enough or too much was seen. */
  readonly onOutput: (chunk: Buffer) => boolean
  /** Starts the process at less cost; without it this process starts it. */
  readonly launcher?: Launcher | undefined
}

/** How a run ended; a killed one has ended too, its process is gone. */
export interface RgEnd {
  readonly reason: 'aborted' | 'done' | 'stopped'
  /** 0: found, 1: nothing found, 2: an error, of the pattern when `message` says so, else of single files. */
  readonly exitCode: number
  /** What ripgrep said, without its `rg: `. */
  readonly message: string
}

/**
 * Shells that start ripgrep. Node copies its page tables for each process that it starts, on its only thread: 90 ms at
 * 450 MB. A shell started while memory is small does that for next to nothing, again and again.
 */
export interface Launcher {
  /**
   * Runs ripgrep to its end and resolves when its process is gone. Undefined where no shell should or can: nothing was
   * shown to anybody then, and the caller starts it itself. Throws FuseSearchError `rg-failed` when it was killed by others.
   */
  run(run: RgRun): Promise<RgEnd | undefined>
  /** Waits for what runs, ends the shells and waits for that; runs that come later are the callers' own. */
  close(): Promise<void>
}

/** The end of a run that never began. */
export const ABORTED: RgEnd = { reason: 'aborted', exitCode: 1, message: '' }

/** Somebody else ended ripgrep: often the system, for want of memory. */
export function killedError({ rg }: RgRun, killedBy: string | null): FuseSearchError {
  const fact = `ripgrep (${rg}) was ended by ${killedBy ?? 'an unknown signal'}`
  return new FuseSearchError(`${fact}. Check memory limits and try again.`, { code: 'rg-failed' })
}
