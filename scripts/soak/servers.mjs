// The servers of a soak run as real processes, and their resources (Linux: /proc).
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const START_MS = 30_000
const END_MS = 10_000
const SETTLE_MS = 15_000
const KILOBYTES = 1024

/** Starts a command of the built package and waits for its printed address. */
export async function startServer(name, { main, args, tree }) {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: tree.root,
    // A separate process group: its children stay in it, even if their parent is gone.
    detached: true,
    env: { PATH: process.env.PATH, HOME: tree.temporary, TMPDIR: tree.temporary, SOAK_CANARY: tree.canary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  process.once('exit', () => killGroup(child.pid))
  const server = { name, child, log: '', url: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => {
      server.log += text
    })
  }
  await until(() => /http:\/\/\S+/.test(server.log) || child.exitCode !== null, START_MS)
  const url = /http:\/\/[^\s;]+/.exec(server.log)?.[0]
  if (url === undefined) throw new Error(`${name} did not start: ${server.log}`)
  return Object.assign(server, { url })
}

/** Open handles, other processes of its group, and the highest resident memory so far. */
export function look({ child }) {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return {
    handles: readdirSync(`/proc/${child.pid}/fd`).length,
    processes: groupOf(child.pid).length - 1,
    peakBytes: Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]) * KILOBYTES,
  }
}

/** What is left after everything had time to end: checks until nothing is above the start level. */
export async function settle(server, start) {
  await until(() => {
    const { handles, processes } = look(server)
    return handles <= start.handles && processes <= start.processes
  }, SETTLE_MS)
  return look(server)
}

/** Ends a server like an operating system; returns its remaining processes. */
export async function endServer({ child }) {
  child.kill('SIGTERM')
  const hasEnded = await until(() => child.exitCode !== null || child.signalCode !== null, END_MS)
  const left = groupOf(child.pid)
  killGroup(child.pid)
  return { hasEnded, left: left.length, exitCode: child.exitCode }
}

async function until(isTrue, ms) {
  const end = performance.now() + ms
  while (!isTrue()) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return true
}

function killGroup(group) {
  if (groupOf(group).length > 0) process.kill(-group, 'SIGKILL')
}

function groupOf(group) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && groupIdOf(name) === group)
}

/** Undefined for a process that ended meanwhile. */
function groupIdOf(id) {
  try {
    const facts = readFileSync(join('/proc', id, 'stat'), 'utf8')
    // The name in parentheses may contain anything; after it: state, parent, group.
    return Number(facts.slice(facts.lastIndexOf(')') + 2).split(' ')[2])
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined
    throw error
  }
}
