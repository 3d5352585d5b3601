import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { describe, expect, it } from 'vitest'
import { git, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { until, withMoreTime } from '../../../../test/support/patience.ts'
import { runGit } from './git.ts'
import { headAt } from './history.ts'
import { repositoryAt } from './repository.ts'

const environment = process.env
/** A hang would take a minute or more; a busy machine takes seconds. */
const SOON_MS = 50_000

/** A git that starts a child, records both processes and waits. */
function waitingGit(): { PATH: string; ids: string; processes(): number[] } {
  const folder = temporaryFolder()
  writeFiles(folder, {
    git: `#!/bin/sh\nsleep 300 &\necho $$ $! > ${folder}/new; mv ${folder}/new ${folder}/ids\nwait\n`,
  })
  chmodSync(join(folder, 'git'), 0o755)
  const ids = join(folder, 'ids')
  return {
    PATH: `${folder}:/usr/bin:/bin`,
    ids,
    processes: () => (existsSync(ids) ? readFileSync(ids, 'utf8').trim().split(' ').map(Number) : []),
  }
}

/** False for one that has ended but wasn't reaped yet. */
function isRunning(id: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', `${id}`], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z')
}

function waitFor({ PATH }: { readonly PATH: string }, more: Partial<Parameters<typeof runGit>[0]>): Promise<unknown> {
  return runGit({ arguments: ['log'], directory: '/', environment: { PATH }, trees: [], ...more })
}

describe('git and its children', () => {
  it('end at an abort', async () => {
    const waiting = waitingGit()
    const controller = new AbortController()
    const running = waitFor(waiting, { signal: controller.signal })
    running.catch(() => undefined)
    await until(() => waiting.processes().length === 2)
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'git-failed' })
    await until(() => !waiting.processes().some(isRunning))
  })

  it('end at a time-out', () =>
    withMoreTime(500, async (timeoutMs) => {
      const waiting = waitingGit()
      await expect(waitFor(waiting, { timeoutMs })).rejects.toMatchObject({ code: 'git-failed' })
      // A busy machine may not have started both by then.
      expect(waiting.processes()).toHaveLength(2)
      await until(() => !waiting.processes().some(isRunning))
    }))

  it('end with this process', async () => {
    const waiting = waitingGit()
    const [folder, module] = [temporaryFolder(), JSON.stringify(join(import.meta.dirname, 'git.ts'))]
    const command = { arguments: ['log'], directory: '/', environment: { PATH: waiting.PATH }, trees: [] }
    const text = `import { existsSync } from 'node:fs'
      import { runGit } from ${module}
      setInterval(() => existsSync(${JSON.stringify(waiting.ids)}) && process.exit(3), 20)
      await runGit(${JSON.stringify(command)})`
    writeFiles(folder, { 'main.ts': text })
    const bundle = await rolldown({ input: join(folder, 'main.ts'), platform: 'node' })
    await bundle.write({ file: join(folder, 'main.mjs') })
    const child = spawn(process.execPath, [join(folder, 'main.mjs')], { stdio: 'inherit' })
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(3)
    expect(waiting.processes()).toHaveLength(2)
    await until(() => !waiting.processes().some(isRunning))
  })
})

describe('a pipe that only git meets', () => {
  it('takes no longer than the signal allows', async () => {
    const folder = tinyRepository()
    execFileSync('mkfifo', [join(folder, 'pipe')])
    git(folder, 'pack-refs', '--all')
    git(folder, 'config', 'include.path', join(folder, 'pipe'))
    for (const open of [
      (signal: AbortSignal) => repositoryAt({ path: folder, environment, signal }),
      (signal: AbortSignal) => headAt({ path: folder, environment, signal }),
    ]) {
      const started = Date.now()
      await expect(open(AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'git-failed' })
      expect(Date.now() - started).toBeLessThan(SOON_MS)
    }
  })
})
