/** The watchdog's thread. It counts its own ticks without a sign of the main thread and ignores the clock, which runs on while the process is paused. */
import { write } from 'node:fs'
import { workerData } from 'node:worker_threads'
import type { WatchdogSettings } from './watchdog.ts'

const STANDARD_ERROR = 2
/** The process ends after this time even if standard error takes no more text. */
const WRITE_MS = 1_000

const { beats, tickMs, limitMs } = workerData as WatchdogSettings
let seen = 0
let missed = 0

const timer = setInterval(() => {
  const now = Atomics.load(beats, 0)
  missed = now === seen ? missed + 1 : 0
  seen = now
  if (missed * tickMs < limitMs) return
  clearInterval(timer)
  setTimeout(end, WRITE_MS)
  const line = `fusesearch: the main thread has been blocked for ${limitMs / 1_000} s, so this process ends. Start it again.\n`
  // process.stderr would pass the text through the blocked main thread.
  write(STANDARD_ERROR, line, end)
}, tickMs)

function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
