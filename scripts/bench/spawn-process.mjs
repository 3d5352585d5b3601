// The process that `spawn.mjs` starts: reads its task from standard input, writes one JSON object.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { median, round } from './statistics.mjs'

const MEGABYTE = 1_000_000
const ROUNDS = 15

const dist = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'packages/fusesearch/dist')
const { createLauncher, openTree } = await import(pathToFileURL(join(dist, 'search/index.js')).href)
const { folder, residentMb } = JSON.parse(readFileSync(0, 'utf8'))
const launcher = createLauncher({ size: 1 })
const { rg } = await openTree({ root: folder, ignoreRules: 'respect' })
const ballast = Buffer.alloc(Math.max(0, residentMb * MEGABYTE - process.memoryUsage.rss()), 1)
const [direct, launched] = [[], []]
for (let number = 0; number <= ROUNDS; number += 1) {
  direct.push(await startDirectly())
  launched.push(await startByLauncher())
}
await launcher.close()
// The first start of each also loads code.
const medianOf = (times) => round(median(times.slice(1)), 1)
process.stdout.write(
  JSON.stringify({ direct: medianOf(direct), launched: medianOf(launched), heldBytes: ballast.length }),
)

async function startDirectly() {
  const start = performance.now()
  const child = spawn(rg, ['--version'], { cwd: folder, env: {}, stdio: 'pipe' })
  const ms = performance.now() - start
  child.stdout.resume()
  child.stderr.resume()
  await once(child, 'close')
  return ms
}

/** The time until the call and its promises return control to the thread. */
async function startByLauncher() {
  const signal = new AbortController().signal
  const start = performance.now()
  const ended = launcher.run({ rg, argv: ['--version'], cwd: folder, signal, onOutput: () => true })
  await new Promise((resolve) => process.nextTick(resolve))
  const ms = performance.now() - start
  await ended
  return ms
}
