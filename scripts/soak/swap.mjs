// Exchanges a folder for a link to another one and back, as fast as it can, until it is told to stop.
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

/** Random, so that no step of a search is always at the same place of the exchange. */
function pause() {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
}
