// The lock file must have the optional packages of every platform, or `npm ci` refuses it. npm leaves out those that
// the configured registry doesn't serve; `node scripts/lock.mjs --fix` adds them with their names and pinned versions.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const path = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json')
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm64', 'x64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'arm']

const lock = JSON.parse(readFileSync(path, 'utf8'))
const missing = missingPackages(lock.packages)
if (process.argv.includes('--fix')) fix()
else if (missing.length > 0) {
  const names = missing.map(({ name }) => name).join(', ')
  process.stdout.write(`package-lock.json lacks ${names}. Run \`node scripts/lock.mjs --fix\`.\n`)
  process.exit(1)
}

function missingPackages(packages) {
  return Object.entries(packages).flatMap(([place, { dev, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !(`node_modules/${name}` in packages) && !(`${place}/node_modules/${name}` in packages))
      .map(([name, version]) => ({ name, version, dev })),
  )
}

function fix() {
  for (const { name, version, dev } of missing) lock.packages[`node_modules/${name}`] = entryOf(name, version, dev)
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
}

/** What npm needs to skip the package on other platforms: its system, processor and C library. */
function entryOf(name, version, dev) {
  const platform = name.split('/').at(-1)
  const os = SYSTEMS.find((system) => platform.includes(system))
  const cpu = PROCESSORS.find((processor) => platform.includes(processor))
  if (os === undefined || cpu === undefined) throw new Error(`${name} names no platform; add it with npm.`)
  const libc = os === 'linux' ? { libc: [platform.includes('musl') ? 'musl' : 'glibc'] } : {}
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...libc, optional: true, os: [os] }
}
