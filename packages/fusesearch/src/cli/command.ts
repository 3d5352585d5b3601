import type { Command } from 'commander'

/** What a command may touch of the process; commands take nothing from globals. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly env: NodeJS.ProcessEnv
  /** The folder that relative paths start from. */
  readonly cwd: string
  /** Aborted by Ctrl-C, by SIGTERM and when the reader of stdout goes away. */
  readonly signal: AbortSignal
  /** After a signal the command has this many milliseconds to come to its end; three seconds unless it asks for more. */
  readonly allowGrace: (ms: number) => void
}

/** 0 done or found, 1 a negative result, 2 an error. */
export type ExitCode = 0 | 1 | 2

/**
 * One command of the command line: a file under `commands/`, named after it, exporting `define`.
 * The file is loaded only when the command is called or its help is asked for.
 */
export interface CommandModule {
  /** Adds arguments, options, help and `run(...)` to the empty sub-command. */
  define(command: Command, context: DefineContext): void
}

/** What a command file gets besides its sub-command. */
export interface DefineContext {
  readonly terminal: Terminal
  /** The table of every command. */
  readonly commands: Readonly<Record<string, CommandEntry>>
  /** Wraps an action: its promise is awaited, its exit code becomes the process's, its errors reach `main`. */
  readonly action: <A extends unknown[]>(run: (...args: A) => Promise<ExitCode>) => (...args: A) => Promise<void>
}

/** A command as the overview shows it; `load` brings its file. */
export interface CommandEntry {
  readonly summary: string
  /** Ends within seconds, so that optimizing what it runs hardly pays. */
  readonly isBrief?: boolean
  readonly load: () => Promise<CommandModule>
}
