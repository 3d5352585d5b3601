import { setMaxListeners } from 'node:events'
import { FuseSearchError } from '../core/index.ts'
import type { Terminal } from './command.ts'
import { optimizeLate } from './optimize-late.ts'
import { isBrief, runProgram } from './program.ts'
import { toShownText } from './render/shown-text.ts'
import { readVersion } from './version.ts'

/** Exit codes after a signal: 128 and the signal's number. */
const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143 } as const

/** A command that doesn't end after a signal is killed, unless it has asked for more time. */
const GRACE_MS = 3_000

/** Runs the process's arguments to its exit code. Never throws. */
export async function runMain(self: NodeJS.Process): Promise<void> {
  const controller = new AbortController()
  // Many jobs may listen to it; that isn't a leak.
  setMaxListeners(0, controller.signal)
  let stopCode: number | undefined
  let graceMs = GRACE_MS
  const stop = (code: number): void => {
    // A second signal ends the process at once.
    if (stopCode !== undefined) self.exit(stopCode)
    stopCode = code
    controller.abort()
    setTimeout(() => self.exit(code), graceMs).unref()
  }
  for (const [name, code] of Object.entries(SIGNAL_EXIT)) self.on(name, () => stop(code))
  for (const stream of [self.stdout, self.stderr]) stream.on('error', (error) => onClosedOutput(error, stop))
  const argv = self.argv.slice(2)
  if (isBrief(argv)) optimizeLate(self)
  try {
    const terminal = terminalOf(self, controller.signal, (ms) => (graceMs = ms))
    const exitCode = await runProgram(argv, terminal, readVersion())
    self.exitCode = stopCode ?? exitCode
  } catch (error) {
    if (stopCode === undefined) self.stderr.write(`${toMessage(error, self.env)}\n`)
    self.exitCode = stopCode ?? 2
  }
  if (stopCode !== undefined) clearLine(self)
  // An idle pipe on stdin would keep the process alive.
  self.stdin.unref?.()
}

/** A terminal shows `^C` after the current output; the shell's prompt should start on an empty line. */
function clearLine({ stdout, stderr }: NodeJS.Process): void {
  const terminal = [stdout, stderr].find((stream) => stream.isTTY)
  terminal?.write('\r\u001b[2K')
}

function terminalOf(self: NodeJS.Process, signal: AbortSignal, allowGrace: Terminal['allowGrace']): Terminal {
  const { stdin, stdout, stderr, env } = self
  return { stdin, stdout, stderr, env, cwd: self.cwd(), signal, allowGrace }
}

/** A reader that stops early, such as `head`, isn't an error. */
function onClosedOutput(error: NodeJS.ErrnoException, stop: (code: number) => void): void {
  if (error.code !== 'EPIPE') throw error
  stop(0)
}

function toMessage(error: unknown, env: NodeJS.ProcessEnv): string {
  const isDebug = env.FUSESEARCH_DEBUG === '1'
  const stack = isDebug && error instanceof Error ? `\n${error.stack}` : ''
  const message = toShownText(error instanceof Error ? error.message : String(error))
  if (error instanceof FuseSearchError) return `fusesearch: ${message}${stack}`
  const step = isDebug
    ? 'Report it with the lines below.'
    : 'Run it again with FUSESEARCH_DEBUG=1 and report what it prints.'
  return `fusesearch: this is a bug: ${message}. ${step}${stack}`
}
