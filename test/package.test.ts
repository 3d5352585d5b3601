import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from './support/command.ts'
import { temporaryFolder } from './support/folder.ts'

it('says in one line what to do if it is built before anything is installed', () => {
  const folder = temporaryFolder()
  for (const name of ['scripts', 'package.json', 'package-lock.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: folder, encoding: 'utf8' })
  expect(built).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^fusesearch build: .*`npm ci`.*\n$/),
  })
})
