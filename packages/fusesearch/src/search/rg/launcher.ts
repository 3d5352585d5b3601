import { constants } from 'node:os'
import { Semaphore } from '../../core/index.ts'
import { type MessageListener, MessageReader } from './message.ts'
import { ABORTED, killedError, type Launcher, type RgEnd, type RgRun } from './rg-run.ts'
import { type CommandEnd, Shell } from './shell.ts'

/** How many shells, and which. */
export interface LauncherOptions {
  /** Shells, which is also the number of runs at a time; 2 when left out. Further runs wait in order. */
  readonly size?: number
  /** The shell's path; `/bin/sh` when left out. */
  readonly shell?: string
}

/** Starts the shells. An idle shell doesn't keep this process alive and ends with it. */
export function createLauncher({ size = 2, shell: path = '/bin/sh' }: LauncherOptions = {}): Launcher {
  let isUsable = process.platform !== 'win32'
  const start = (): Shell | undefined => {
    try {
      return isUsable ? new Shell(path) : undefined
    } catch {
      // The system allows no more processes; the caller then starts ripgrep itself and gets the error.
      return undefined
    }
  }
  const shells = Array.from({ length: size }, start)
  const gate = new Semaphore({ places: size })
  const free = [...shells.keys()]
  /** The shell at a place, or a new one if that has ended. */
  const shellAt = (place: number): Shell | undefined => {
    const old = shells[place]
    if (old?.state === 'unstartable') isUsable = false
    if (old === undefined || old.state !== 'running') shells[place] = start()
    return shells[place]
  }
  let closing: Promise<void> | undefined
  return {
    async run(run) {
      if (!isUsable) return undefined
      // `enter` rejects if the run is aborted while it waits, and when the launcher closes.
      const leave = await gate.enter(run.signal).catch(() => undefined)
      if (leave === undefined) return run.signal.aborted ? ABORTED : undefined
      const place = free.shift() ?? 0
      try {
        if (run.signal.aborted) return ABORTED
        return await runIn(shellAt(place), run)
      } finally {
        free.push(place)
        leave()
      }
    },
    close() {
      closing ??= gate.close().then(async () => {
        isUsable = false
        await Promise.all(shells.map(async (shell) => shell?.close()))
      })
      return closing
    },
  }
}

/** Undefined if the run did not begin, or may not have begun because the shell ended before any output. */
async function runIn(shell: Shell | undefined, run: RgRun): Promise<RgEnd | undefined> {
  let reason: RgEnd['reason'] = 'done'
  const shown = new Shown(run)
  const onOutput = (chunk: Buffer): void => {
    if (reason === 'done' && !shown.output(chunk)) end('stopped')
  }
  const command = { file: run.rg, argv: run.argv, folder: run.cwd, input: run.input }
  const running = shell?.run(command, { onOutput, onError: (chunk) => shown.message.push(chunk) })
  if (running === undefined) return undefined
  const end = (why: 'aborted' | 'stopped'): void => {
    if (reason !== 'done') return
    reason = why
    running.kill()
  }
  const onAbort = (): void => end('aborted')
  run.signal.addEventListener('abort', onAbort, { once: true })
  const outcome = outcomeOf(await running.ended)
  run.signal.removeEventListener('abort', onAbort)
  const exitCode = outcome.kind === 'exit' ? outcome.code : 1
  if (reason === 'done' && outcome.kind === 'not-started') return undefined
  if (reason === 'done' && outcome.kind === 'killed') {
    if (outcome.isLost && !shown.any) return undefined
    throw killedError(run, outcome.signal)
  }
  return { reason, exitCode, message: shown.message.end() }
}

/** Passes on a run's output and messages, and knows whether there were any. */
class Shown {
  readonly message: MessageReader
  any = false
  readonly #onOutput: RgRun['onOutput']

  constructor({ onDebug, onOutput, onUnreached }: RgRun) {
    this.#onOutput = onOutput
    const noted = (listener: MessageListener['onDebug']): MessageListener['onDebug'] => {
      if (listener === undefined) return undefined
      return (line) => {
        this.any = true
        listener(line)
      }
    }
    this.message = new MessageReader({ onDebug: noted(onDebug), onUnreached: noted(onUnreached) })
  }

  output(chunk: Buffer): boolean {
    this.any = true
    return this.#onOutput(chunk)
  }
}

type Outcome =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string | null; readonly isLost: boolean }
  | { readonly kind: 'not-started' }

/** The exit statuses of a shell that could not start a program. */
const NOT_STARTED: readonly number[] = [126, 127]
/** A shell reports a program that a signal ended as this plus the signal's number. */
const BY_SIGNAL = 128

function outcomeOf(end: CommandEnd): Outcome {
  if (end.kind === 'no-folder') return { kind: 'not-started' }
  if (end.kind === 'lost') return { kind: 'killed', signal: end.signal, isLost: true }
  if (NOT_STARTED.includes(end.status)) return { kind: 'not-started' }
  if (end.status <= BY_SIGNAL) return { kind: 'exit', code: end.status }
  const [name = null] = Object.entries(constants.signals).find(([, value]) => value === end.status - BY_SIGNAL) ?? []
  return { kind: 'killed', signal: name, isLost: false }
}
