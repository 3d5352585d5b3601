import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { ensureBuilt, ROOT } from '../support/command.ts'
import { git, SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from '../support/folder.ts'

beforeAll(ensureBuilt)

/** npm asks a registry and builds; a registry may be slow. */
const TIMEOUT_MS = 600_000
const FLAGS = ['--prefer-offline', '--no-audit', '--no-fund']

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program as somebody whose home folder is empty, and who has none of npm's settings of this run. */
function run(command: string, args: readonly string[], cwd: string): Ran {
  const home = join(cwd, 'home')
  mkdirSync(home, { recursive: true })
  const own = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(?:registry|cafile)$)/i.test(name))
  const env = { ...Object.fromEntries(own), HOME: home }
  const { status, stderr, stdout } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: TIMEOUT_MS })
  return { status, stdout, stderr }
}

function expectToWork(command: string, folder: string): void {
  expect(run(command, ['--version'], folder).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  const located = run(command, ['locate', SHOP_ISSUE, '--repo', tinyRepository()], folder)
  expect(located).toMatchObject({ status: 0, stderr: '' })
  expect(located.stdout.split('\t')[0]).toBe('shop/cart.py:10-14 Cart.apply_discount')
  expect(run(command, ['doctor', '--json'], folder).status).toBe(0)
}

it('installs from its tarball into an empty folder and runs there, as a command and as a library', () => {
  const folder = writeFiles(temporaryFolder(), { 'package.json': '{ "private": true, "type": "module" }' })
  const pack = ['pack', '--ignore-scripts', '--pack-destination', folder]
  expect(run('npm', [...pack, join(ROOT, 'packages/fusesearch')], folder)).toMatchObject({ status: 0 })
  expect(run('npm', ['install', `./${tarballIn(folder)}`, ...FLAGS], folder)).toMatchObject({ status: 0 })
  const command = join(folder, 'node_modules/.bin/fusesearch')
  expectToWork(command, folder)
  const lab = run(command, ['eval', '--help'], folder)
  expect(lab).toMatchObject({ status: 2, stdout: '' })
  expect(lab.stderr).toContain('`fusesearch eval` belongs to the lab')
  expect(existsSync(join(folder, 'node_modules/hyparquet'))).toBe(false)

  const doors = ['', '/agent', '/code', '/git', '/locate', '/models', '/policies', '/search', '/serve']
  const imports = doors.map((door) => `await import('fusesearch${door}')`).join('\n')
  const imported = run(process.execPath, ['--input-type=module', '-e', imports], folder)
  expect(imported).toMatchObject({ status: 0, stderr: '' })
})

it('installs for all folders from a git address, as the documents say', () => {
  const [folder, prefix] = [temporaryFolder(), temporaryFolder()]
  // What is committed: an address has nothing else.
  git(ROOT, 'clone', '--quiet', '--bare', ROOT, join(folder, 'bare.git'))
  const head = git(ROOT, 'rev-parse', 'HEAD').trim()
  const packed = run('npm', ['pack', `git+file://${folder}/bare.git#${head}`, ...FLAGS], folder)
  expect(packed, packed.stderr).toMatchObject({ status: 0 })
  const install = ['install', '-g', '--prefix', prefix, `./${tarballIn(folder)}`, ...FLAGS]
  expect(run('npm', install, folder)).toMatchObject({ status: 0 })
  expectToWork(join(prefix, 'bin/fusesearch'), folder)
})

function tarballIn(folder: string): string {
  const [tarball, ...others] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  if (tarball === undefined || others.length > 0) throw new Error(`npm pack made ${others.length + 1} tarballs or none`)
  return tarball
}
