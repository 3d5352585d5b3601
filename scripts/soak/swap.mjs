// Exchanges a folder for a link to another one and back, as fast as possible, until it is stopped.
import { renameSync, rmSync, symlinkSync } from 'node:fs'

const [folder, target] = process.argv.slice(2)
const aside = `${folder}.aside`
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())

while (!stop.signal.aborted) {
  renameSync(folder, aside)
  symlinkSync(target, folder)
  await pause()
  rmSync(folder)
  renameSync(aside, folder)
  await pause()
}

/** Random, so that a step of a search doesn't always hit the same phase of the exchange. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
}
