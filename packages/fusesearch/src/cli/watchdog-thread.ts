/**
 * The watchdog's thread. It counts its own ticks without a heartbeat of the main thread and ignores the clock, which
 * continues while the process is paused.
 */
import { write } from 'node:fs'
import { workerData } from 'node:worker_threads'
import type { WatchdogSettings } from './watchdog.ts'

const STANDARD_ERROR = 2
/** The process ends after this time even if standard error accepts no more text. */
const WRITE_MS = 1_000

/** A process that gets little processor time, or waits, has this many times the limit. */
const PATIENCE = 4

const { beats, tickMs, limitMs } = workerData as WatchdogSettings
let seen = 0
let missed = 0
let cpuMsAtSign = cpuMs()

const timer = setInterval(() => {
  const now = Atomics.load(beats, 0)
  missed = now === seen ? missed + 1 : 0
  seen = now
  if (missed === 0) cpuMsAtSign = cpuMs()
  const isBusy = cpuMs() - cpuMsAtSign >= limitMs / 2
  const blockedMs = missed * tickMs
  if (blockedMs < (isBusy ? limitMs : PATIENCE * limitMs)) return
  clearInterval(timer)
  setTimeout(end, WRITE_MS)
  const line = `fusesearch: the main thread has been blocked for ${Math.round(blockedMs / 1_000)} s, so this process ends now. Start it again.\n`
  // process.stderr would pass the text through the blocked main thread.
  write(STANDARD_ERROR, line, end)
}, tickMs)

function end(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Processor time of all threads. */
function cpuMs(): number {
  const { system, user } = process.cpuUsage()
  return (user + system) / 1_000
}
