import type { Command } from 'commander'

/** What a command may use of the process; commands use no globals. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
  /** The base folder of relative paths. */
  readonly cwd: string
  /** Aborted by Ctrl-C, by SIGTERM, and when the reader of stdout closes it. */
  readonly signal: AbortSignal
  /** Sets how many milliseconds the command gets after a signal; the default is three seconds. */
  readonly allowGrace: (ms: number) => void
}

/** 0 done or found, 1 a negative result, 2 an error. */
export type ExitCode = 0 | 1 | 2

/**
 * One command of the command line: a file under `commands/`, named after it, exporting `define`.
 * The file is loaded only when the command or its help is called.
 */
export interface CommandModule {
  /** Adds arguments, options, help and `run(...)` to the empty sub-command. */
  define(command: Command, context: DefineContext): void | Promise<void>
}

/** Arguments of `define` besides the sub-command. */
export interface DefineContext {
  readonly terminal: Terminal
  /** The table of every command. */
  readonly commands: Readonly<Record<string, CommandEntry>>
  /** Wraps an action: its promise is awaited, its exit code becomes the process's, its errors reach `main`. */
  readonly action: <A extends unknown[]>(run: (...args: A) => Promise<ExitCode>) => (...args: A) => Promise<void>
}

/** A command in the overview; `load` loads its file. */
export interface CommandEntry {
  readonly summary: string
  /** Ends within seconds, so that optimizing its code hardly pays. */
  readonly isBrief?: boolean
  readonly load: () => Promise<CommandModule>
}
