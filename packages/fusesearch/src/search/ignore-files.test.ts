import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/support/folder.ts'
import { unlessEndless } from './ignore-files.ts'

/** Longer than a listing may be silent, and much shorter than a look at all folders takes. */
const SILENT_MS = 270
const FOLDERS = 3_000

/** A tree whose only ignore file is a pipe. */
function endlessTree(): string {
  const root = temporaryFolder()
  for (let number = 0; number < FOLDERS; number += 1) mkdirSync(join(root, `folder${number}`))
  execFileSync('mkfifo', [join(root, 'folder0/.gitignore')])
  return root
}

test('a listing that stays silent is ended where an ignore file never ends', async () => {
  const { signal } = new AbortController()
  const silent = unlessEndless(endlessTree(), signal, async (watch) => {
    await new Promise<void>((resolve) => watch.signal.addEventListener('abort', () => resolve()))
  })
  await expect(silent).rejects.toMatchObject({ code: 'repository-unreadable' })
})

test('a listing that goes on after a silence is not ended: the look for such a file stops', async () => {
  const { signal } = new AbortController()
  const listing = unlessEndless(endlessTree(), signal, async (watch) => {
    await passed(SILENT_MS)
    for (let times = 0; times < 100; times += 1) {
      watch.heard()
      await passed(10)
    }
    return watch.signal.aborted
  })
  await expect(listing).resolves.toBe(false)
})
