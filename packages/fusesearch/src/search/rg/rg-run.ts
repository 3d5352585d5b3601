import { FuseSearchError } from '../../core/index.ts'
import type { MessageListener } from './message.ts'

/** One run of ripgrep. */
export interface RgRun extends MessageListener {
  readonly rg: string
  readonly argv: readonly string[]
  /** The tree's root. */
  readonly cwd: string
  /** Aborting it ends the process. */
  readonly signal: AbortSignal
  readonly input?: Buffer
  /** Receives standard output as it arrives. Returning false ends the process: enough or too much was seen. */
  readonly onOutput: (chunk: Buffer) => boolean
  /** Starts ripgrep more cheaply; without it, this process starts ripgrep. */
  readonly launcher?: Launcher | undefined
}

/** How a run ended. The process is gone, also after a kill. */
export interface RgEnd {
  readonly reason: 'aborted' | 'done' | 'stopped'
  /** 0: found. 1: nothing found. 2: an error in the pattern, if `message` says so, else with single files. */
  readonly exitCode: number
  /** ripgrep's message, without its `rg: `. */
  readonly message: string
}

/**
 * Shells that start ripgrep. Node copies its page tables for each process that it starts, which blocks its only thread
 * for 90 ms at 450 MB. A shell that was started while memory was small starts processes at almost no cost.
 */
export interface Launcher {
  /**
   * Runs ripgrep to its end and resolves when its process is gone. Resolves to undefined if no shell can or should run
   * it: then there was no output, and the caller starts ripgrep itself. Throws FuseSearchError `rg-failed` if another
   * process killed it.
   */
  run(run: RgRun): Promise<RgEnd | undefined>
  /** Waits for running commands, then ends the shells. Later calls of `run` resolve to undefined. */
  close(): Promise<void>
}

/** The end of a run that never began. */
export const ABORTED: RgEnd = { reason: 'aborted', exitCode: 1, message: '' }

/** Another process killed ripgrep: often the system, because memory ran out. */
export function killedError({ rg }: RgRun, killedBy: string | null): FuseSearchError {
  const fact = `ripgrep (${rg}) was ended by ${killedBy ?? 'an unknown signal'}`
  return new FuseSearchError(`${fact}. Check memory limits and try again.`, { code: 'rg-failed' })
}
