import { spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
/** The built command. */
export const MAIN = join(ROOT, 'packages/fusesearch/dist/cli/main.js')

/** Brings the build up to date: the command is tested as it ships. */
export function ensureBuilt(): void {
  const setUp = spawnSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { encoding: 'utf8' })
  if (setUp.status !== 0) throw new Error(`The build failed:\n${setUp.stderr}`)
}

export interface CommandOptions {
  readonly cwd?: string
  readonly input?: string | Uint8Array
  /** Leaves standard input open and silent, like a terminal at which nobody types. */
  readonly keepsInputOpen?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Told of the process as soon as it runs, for tests that stop it. */
  readonly onStart?: (processId: number) => void
}

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

/** Runs `fusesearch` as a process of its own. */
export function runFusesearch(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { cwd = ROOT, env = {}, input = '', keepsInputOpen = false, onStart } = options
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, NO_COLOR: '1', ...env } })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      const [out, err] = [stdout, stderr].map((chunks) => Buffer.concat(chunks).toString('utf8'))
      resolve({ code, stdout: out ?? '', stderr: err ?? '', ms: performance.now() - started })
    })
    if (child.pid !== undefined) onStart?.(child.pid)
    // A command that refuses its input closes the pipe before all of it is written.
    child.stdin.on('error', () => undefined)
    if (!keepsInputOpen) child.stdin.end(input)
  })
}
