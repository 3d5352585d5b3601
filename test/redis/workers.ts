import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { MAIN, ROOT } from '../support/command.ts'

/** A `fusesearch worker` of a test. */
export interface TestWorker {
  readonly process: ChildProcess
  /** What it has printed on standard error so far. */
  stderr(): string
  /** Its exit code, after the signal. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts a worker and waits until it has joined. It is killed when the test ends. */
export async function startWorker(
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TestWorker> {
  const child = spawn(process.execPath, [MAIN, 'worker', ...flags], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.includes('Taking') && resolve())
    child.on('exit', (code) => reject(new Error(`the worker ended with exit code ${code}: ${stderr}`)))
  })
  child.removeAllListeners('exit')
  return {
    process: child,
    stderr: () => stderr,
    async end(signal) {
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
      return child.exitCode
    },
  }
}
