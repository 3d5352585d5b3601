import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { FuseSearchError } from '../core/index.ts'
import type { Terminal } from './command.ts'

/** No request should block the thread for this long. A server that is blocked for longer hangs. */
const LIMIT_SECONDS = 15
/** Heartbeats of the main thread within the limit. */
const TICKS = 15
const VARIABLE = 'FUSESEARCH_WATCHDOG'

/** The data that the watchdog's thread gets. */
export interface WatchdogSettings {
  /** One counter, which the main thread increments on every tick. */
  readonly beats: Int32Array
  readonly tickMs: number
  readonly limitMs: number
}

/**
 * Starts a thread that ends this process when the main thread is blocked for 15 s, for example by an endless loop, so
 * that a supervisor can restart it. A process that used less than half of that time on a processor, as on a machine
 * with too much work, has four times as long. It writes a line to standard error and sends SIGKILL, because nothing
 * else ends a process whose main thread is blocked. Time during which the whole process or the machine is paused does
 * not count. The thread does not keep the process alive. `FUSESEARCH_WATCHDOG` sets another limit in seconds, or none
 * with 0, which a debugger needs. Returns a function that stops the thread. Throws FuseSearchError `bad-argument` for
 * any other value.
 */
export function startWatchdog({ env, stderr }: Pick<Terminal, 'env' | 'stderr'>): () => void {
  const limitMs = secondsOf(env[VARIABLE]) * 1_000
  if (limitMs === 0) return () => undefined
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const settings: WatchdogSettings = { beats, tickMs: limitMs / TICKS, limitMs }
  const thread = new Worker(fileURLToPath(new URL('./watchdog-thread.js', import.meta.url)), {
    workerData: settings,
    // The thread needs neither the keys in the environment nor flags such as --inspect.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
  })
  thread.unref()
  // Without the watchdog the server still works.
  thread.on('error', (error) => stderr.write(`fusesearch: the watchdog failed: ${error.message}\n`))
  const timer = setInterval(() => Atomics.add(beats, 0, 1), settings.tickMs).unref()
  return () => {
    clearInterval(timer)
    void thread.terminate()
  }
}

function secondsOf(value: string | undefined): number {
  if (value === undefined || value === '') return LIMIT_SECONDS
  if (/^\d{1,6}$/.test(value)) return Number(value)
  const message = `${VARIABLE} is ${JSON.stringify(value)}. Give whole seconds, or 0 for no watchdog.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}
