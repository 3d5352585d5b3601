// `npm run check [part …]`: all checks that don't run the product. Writes nothing.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (path) => [process.execPath, join(root, 'node_modules', path)]

const PARTS = {
  types: [...bin('typescript/bin/tsc'), '-p', 'tsconfig.json', '--pretty', 'false'],
  // As a user compiles them: with strict settings against the built package, the libraries' types too.
  examples: [...bin('typescript/bin/tsc'), '-p', 'examples', '--noEmit', '--pretty', 'false'],
  'page types': [...bin('typescript/bin/tsc'), '-p', 'packages/viewer', '--pretty', 'false'],
  lint: [...bin('oxlint/bin/oxlint'), '--type-aware', '--max-warnings=0', 'packages', 'test', 'scripts', 'action'],
  format: [...bin('@biomejs/biome/bin/biome'), 'check', '.'],
  rooms: [process.execPath, join(root, 'scripts/rooms.mjs')],
  lock: [process.execPath, join(root, 'scripts/lock.mjs')],
  docs: [process.execPath, join(root, 'scripts/docs.mjs')],
  package: [process.execPath, join(root, 'scripts/package.mjs')],
  'dead code': [...bin('knip/bin/knip.js'), '--no-progress'],
}

const names = chosenParts(process.argv.slice(2))
const results = await runParts(names)
for (const { name, ok, output } of results) {
  if (!ok) process.stdout.write(`\n── ${name} ──\n${output.trimEnd()}\n`)
}
process.stdout.write('\n')
for (const { name, ok, ms } of results) {
  process.stdout.write(`${ok ? '✓' : '✗'} ${name.padEnd(10)} ${(ms / 1000).toFixed(1).padStart(5)} s\n`)
}
process.exit(results.every(({ ok }) => ok) ? 0 : 1)

function chosenParts(asked) {
  const unknown = asked.filter((name) => !(name in PARTS))
  if (unknown.length > 0) {
    process.stderr.write(`check has no part "${unknown[0]}"; it has ${Object.keys(PARTS).join(', ')}.\n`)
    process.exit(2)
  }
  return asked.length > 0 ? asked : Object.keys(PARTS)
}

/** Runs the parts, as many at once as there are cores; results keep the order of the parts. */
async function runParts(parts) {
  const done = []
  const queue = [...parts.keys()]
  const worker = async () => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      done[index] = await runPart(parts[index])
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, worker))
  return done
}

function runPart(name) {
  const started = performance.now()
  const [command, ...args] = PARTS[name]
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    const finish = (ok) => resolve({ name, ok, output, ms: performance.now() - started })
    child.on('error', (error) => {
      output += `could not start: ${error.message}`
      finish(false)
    })
    child.on('close', (code) => finish(code === 0))
  })
}
