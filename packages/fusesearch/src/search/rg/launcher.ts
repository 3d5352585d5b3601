import { constants } from 'node:os'
import { Semaphore } from '../../core/index.ts'
import { type MessageListener, MessageReader } from './message.ts'
import { ABORTED, killedError, type Launcher, type RgEnd, type RgRun } from './rg-run.ts'
import { type CommandEnd, Shell } from './shell.ts'

/** How many shells, and which. */
export interface LauncherOptions {
  /** Shells, and with them runs at a time; 2 when left out. Further runs wait in the order in which they came. */
  readonly size?: number
  /** The shell's path; `/bin/sh` when left out. */
  readonly shell?: string
}

/** Starts the shells. Idle ones keep no process alive and end when it does. */
export function createLauncher({ size = 2, shell: path = '/bin/sh' }: LauncherOptions = {}): Launcher {
  let isUsable = process.platform !== 'win32'
  const start = (): Shell | undefined => {
    try {
      return isUsable ? new Shell(path) : undefined
    } catch {
      // The system takes no more processes: the caller's own attempt tells.
      return undefined
    }
  }
  const shells = Array.from({ length: size }, start)
  const gate = new Semaphore({ places: size })
  const free = [...shells.keys()]
  /** The shell at a place; one that has ended is replaced. */
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
      // Rejects when the run is aborted while it waits, and when the launcher is closed.
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

/** Undefined where it did not begin, or nobody knows because the shell was lost before anything was shown. */
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

/** What a run has shown to whoever asked for it. */
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

/** A shell says with these that it could not start a program. */
const NOT_STARTED: readonly number[] = [126, 127]
/** A shell adds this to the number of the signal that ended a program. */
const BY_SIGNAL = 128

function outcomeOf(end: CommandEnd): Outcome {
  if (end.kind === 'no-folder') return { kind: 'not-started' }
  if (end.kind === 'lost') return { kind: 'killed', signal: end.signal, isLost: true }
  if (NOT_STARTED.includes(end.status)) return { kind: 'not-started' }
  if (end.status <= BY_SIGNAL) return { kind: 'exit', code: end.status }
  const [name = null] = Object.entries(constants.signals).find(([, value]) => value === end.status - BY_SIGNAL) ?? []
  return { kind: 'killed', signal: name, isLost: false }
}
