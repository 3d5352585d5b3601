import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { ensureBuilt, ROOT } from './support/command.ts'
import { SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'

beforeAll(ensureBuilt)

/** A registry may be slow. */
const INSTALL = { timeout: 180_000 }

/** npm's message if it can't reach its registry, as opposed to a package that can't be installed. */
const UNREACHABLE =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|E401|E403|E5\d\d)\b/

function run(command: string, args: readonly string[], cwd: string) {
  const { status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 })
  return { status, stdout, stderr }
}

it('says in one line what to do if it is built before anything is installed', () => {
  const folder = temporaryFolder()
  for (const name of ['scripts', 'package.json', 'package-lock.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  const built = run(process.execPath, ['scripts/build.mjs'], folder)
  expect(built).toEqual({ status: 2, stdout: '', stderr: expect.stringMatching(/^fusesearch build: .*`npm ci`.*\n$/) })
})

it(
  'installs from its tarball into an empty folder and runs there, as a command and as a library',
  INSTALL,
  (context) => {
    const folder = writeFiles(temporaryFolder(), { 'package.json': '{ "private": true, "type": "module" }' })
    run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], join(ROOT, 'packages/fusesearch'))
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
    expect(tarball).toBeDefined()
    // One try: without a network the test says so at once instead of waiting.
    const flags = ['--prefer-offline', '--fetch-retries=0', '--no-audit', '--no-fund']
    const installed = run('npm', ['install', `./${tarball}`, ...flags], folder)
    if (installed.status !== 0 && UNREACHABLE.test(installed.stderr)) {
      const reason = `the registry can not be reached: ${UNREACHABLE.exec(installed.stderr)?.[0]}`
      // Only some reporters show why a test was skipped.
      process.stderr.write(`test/package.test.ts: skipped, ${reason}\n`)
      context.skip(reason)
    }
    expect(installed).toMatchObject({ status: 0 })

    const command = join(folder, 'node_modules/.bin/fusesearch')
    expect(run(command, ['--version'], folder).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    const shop = tinyRepository()
    const located = run(command, ['locate', SHOP_ISSUE, '--repo', shop], folder)
    expect(located).toMatchObject({ status: 0, stderr: '' })
    expect(located.stdout.split('\t')[0]).toBe('shop/cart.py:10-14 Cart.apply_discount')
    expect(run(command, ['doctor', '--json'], folder).status).toBe(0)
    const lab = run(command, ['eval', '--help'], folder)
    expect(lab).toMatchObject({ status: 2, stdout: '' })
    expect(lab.stderr).toContain('`fusesearch eval` is part of the lab')
    expect(existsSync(join(folder, 'node_modules/hyparquet'))).toBe(false)

    const doors = ['', '/agent', '/code', '/git', '/locate', '/models', '/policies', '/search', '/serve']
    const imports = doors.map((door) => `await import('fusesearch${door}')`).join('\n')
    expect(run(process.execPath, ['--input-type=module', '-e', imports], folder)).toMatchObject({
      status: 0,
      stderr: '',
    })
  },
)
