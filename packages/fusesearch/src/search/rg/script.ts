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

/** `head` passes on a number of bytes from a pipe that stays open. */
const HEADS = ['/usr/bin/head', '/bin/head']

/** Written instead of an exit status if the folder can't be entered. */
export const NO_FOLDER = 'cd'

/** UTF-8 bytes. Some shells read their input byte by byte, and a longer script would take longer than a fork. */
const MAX_SCRIPT_BYTES = 100_000

// An argument can't contain NUL. bash 3.2, some systems' /bin/sh, uses the other two internally to mark quotes.
const NOT_FOR_SHELLS = ['\0', '\u0001', '\u007f']

/**
 * The script with which a POSIX shell runs a command and then writes the token and the exit status to both outputs:
 * descriptor 1, and descriptor 3 for the command's standard error. The command's input comes from descriptor 4. If the
 * command doesn't read all of it, the shell ends itself, since the next command would read the rest. Undefined for a
 * command that should run without a shell: one with relative paths, very long arguments, or characters that a shell
 * may change.
 */
export function commandScript({ file, argv, folder, input }: Command, token: string): string | undefined {
  const head = input && HEADS.find((path) => existsSync(path))
  if (!isAbsolute(file) || !isAbsolute(folder) || (input && head === undefined)) return undefined
  const words = [file, ...argv].map(quoted).join(' ')
  const feed = input ? `(${head} -c ${input.length} <&4 3>&- || kill -9 $$) | ` : ''
  // A subshell, so that the outer shell's message about how the command ended doesn't mix with its standard error.
  // Afterwards the shell leaves the folder, so that it can be removed or unmounted.
  const run = `${feed}(exec ${words} ${input ? '' : '</dev/null '}2>&3 3>&- 4<&-); s=$?; cd /`
  const tell = `printf '%s%s\\n' '${token}' "$s"`
  const script = `if cd -- ${quoted(folder)}; then ${run}; else s=${NO_FOLDER}; fi; ${tell}; ${tell} >&3\n`
  const isSafe = !NOT_FOR_SHELLS.some((character) => script.includes(character))
  return isSafe && Buffer.byteLength(script) <= MAX_SCRIPT_BYTES ? script : undefined
}

/** In single quotes, every character except the quote is literal. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
