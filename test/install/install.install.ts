import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it, type TestContext } from 'vitest'
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

/** Settings of the npm that runs the tests that would change where another one installs, or what. */
const OUTER =
  /^npm_config_(?:prefix|local_prefix|global_prefix|global|location|workspaces?|dry_run|omit|include|only|production)$/i

/** Runs a program as somebody whose home folder is empty; npm asks the same registry, with the same cache. */
function run(command: string, args: readonly string[], cwd: string): Ran {
  const home = join(cwd, 'home')
  mkdirSync(home, { recursive: true })
  const inner = Object.entries(process.env).filter(([name]) => !OUTER.test(name))
  const env = { ...Object.fromEntries(inner), HOME: home }
  const { status, stderr, stdout } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: TIMEOUT_MS })
  return { status, stdout, stderr }
}

/** npm's message if it can't reach its registry, as opposed to a package that can't be installed. */
const UNREACHABLE =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|E401|E403|E5\d\d)\b/

/** Expects npm to end well, or skips the test if there is no registry. */
function expectNpm(context: TestContext, args: readonly string[], cwd: string): void {
  const ran = run('npm', args, cwd)
  const reason = UNREACHABLE.exec(ran.stderr)?.[0]
  if (ran.status !== 0 && reason !== undefined) {
    // Only some reporters show why a test was skipped.
    process.stderr.write(`test:install: skipped, npm can't reach a registry: ${reason}\n`)
    context.skip(reason)
  }
  expect(ran, ran.stderr).toMatchObject({ status: 0 })
}

function expectToWork(command: string, folder: string): void {
  expect(run(command, ['--version'], folder).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  const located = run(command, ['locate', SHOP_ISSUE, '--repo', tinyRepository()], folder)
  expect(located).toMatchObject({ status: 0, stderr: '' })
  expect(located.stdout.split('\t')[0]).toBe('shop/cart.py:10-14 Cart.apply_discount')
  expect(run(command, ['doctor', '--json'], folder).status).toBe(0)
}

it('installs from its tarball into an empty folder and runs there, as a command and as a library', (context) => {
  const folder = writeFiles(temporaryFolder(), { 'package.json': '{ "private": true, "type": "module" }' })
  const pack = ['pack', '--ignore-scripts', '--pack-destination', folder]
  expectNpm(context, [...pack, join(ROOT, 'packages/fusesearch')], folder)
  expectNpm(context, ['install', `./${tarballIn(folder)}`, ...FLAGS], folder)
  const command = join(folder, 'node_modules/.bin/fusesearch')
  expectToWork(command, folder)
  const lab = run(command, ['eval', '--help'], folder)
  expect(lab).toMatchObject({ status: 2, stdout: '' })
  expect(lab.stderr).toContain('`fusesearch eval` is part of the lab')
  expect(existsSync(join(folder, 'node_modules/hyparquet'))).toBe(false)

  const doors = ['', '/agent', '/code', '/git', '/locate', '/models', '/policies', '/search', '/serve']
  const imports = doors.map((door) => `await import('fusesearch${door}')`).join('\n')
  const imported = run(process.execPath, ['--input-type=module', '-e', imports], folder)
  expect(imported).toMatchObject({ status: 0, stderr: '' })
})

it('installs for all folders from a git address, as the documents say', (context) => {
  const [folder, prefix] = [temporaryFolder(), temporaryFolder()]
  // What is committed: an address has nothing else.
  git(ROOT, 'clone', '--quiet', '--bare', ROOT, join(folder, 'bare.git'))
  const head = git(ROOT, 'rev-parse', 'HEAD').trim()
  expectNpm(context, ['pack', `git+file://${folder}/bare.git#${head}`, ...FLAGS], folder)
  const install = ['install', '-g', '--prefix', prefix, `./${tarballIn(folder)}`, ...FLAGS]
  expectNpm(context, install, folder)
  expectToWork(join(prefix, 'bin/fusesearch'), folder)
})

function tarballIn(folder: string): string {
  const [tarball, ...others] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  if (tarball === undefined || others.length > 0) throw new Error(`npm pack made ${others.length + 1} tarballs or none`)
  return tarball
}
