import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'

/** A program, its arguments and the folder it runs in. */
export interface Command {
  readonly file: string
  readonly argv: readonly string[]
  readonly folder: string
  /** Standard input; empty when left out. */
  readonly input?: Buffer | undefined
}

/** Passes on so many bytes and no more, of a pipe that stays open. */
const HEADS = ['/usr/bin/head', '/bin/head']

/** Instead of an exit status, where the folder can't be entered. */
export const NO_FOLDER = 'cd'

/** UTF-8 bytes; shells that read their input byte by byte would take longer than a process costs. */
const MAX_SCRIPT_BYTES = 100_000

// NUL is in no argument. The others mark quotes inside the shell that some systems have as /bin/sh (bash 3.2).
const NOT_FOR_SHELLS = ['\0', '\u0001', '\u007f']

/**
 * What a POSIX shell reads to run a command and then write the token and the exit status to both outputs, to 1, and to
 * 3, which is the command's standard error. Input is what 4 has; a shell whose command did not take all of it ends
 * itself, for the rest would be read by the next one. Undefined for what is better run without a shell: paths that
 * aren't absolute, very long arguments and characters that a shell may change.
 */
export function commandScript({ file, argv, folder, input }: Command, token: string): string | undefined {
  const head = input && HEADS.find((path) => existsSync(path))
  if (!isAbsolute(file) || !isAbsolute(folder) || (input && head === undefined)) return undefined
  const words = [file, ...argv].map(quoted).join(' ')
  const feed = input ? `(${head} -c ${input.length} <&4 3>&- || kill -9 $$) | ` : ''
  // In a shell of its own, or what the outer one says of its end would be taken for its standard error. The folder is
  // left again, so that it can be removed and unmounted.
  const run = `${feed}(exec ${words} ${input ? '' : '</dev/null '}2>&3 3>&- 4<&-); s=$?; cd /`
  const tell = `printf '%s%s\\n' '${token}' "$s"`
  const script = `if cd -- ${quoted(folder)}; then ${run}; else s=${NO_FOLDER}; fi; ${tell}; ${tell} >&3\n`
  const isSafe = !NOT_FOR_SHELLS.some((character) => script.includes(character))
  return isSafe && Buffer.byteLength(script) <= MAX_SCRIPT_BYTES ? script : undefined
}

/** Between single quotes every character stands for itself, but the quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
