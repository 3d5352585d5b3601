import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, ROOT } from './support/command.ts'
import { temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'

const EXAMPLES = join(ROOT, 'examples')

/** The examples as a user's project that has the built package; `npm run check` checks their types. */
function compileExamples(): string {
  const project = temporaryFolder()
  cpSync(EXAMPLES, project, { recursive: true })
  writeFiles(project, { 'package.json': '{ "type": "module", "private": true }' })
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(join(ROOT, 'packages/fusesearch'), join(project, 'node_modules/fusesearch'))
  symlinkSync(join(ROOT, 'node_modules/@types'), join(project, 'node_modules/@types'))
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', project, '--noCheck', '--pretty', 'false'], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
  return join(project, 'out')
}

function run(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

beforeAll(ensureBuilt)

describe('examples', () => {
  it('compile, run and print what they say', () => {
    const out = compileExamples()
    const shop = tinyRepository()
    const empty = writeFiles(temporaryFolder(), { 'a.py': '' })
    const names = readdirSync(out).sort()
    // One process for all: each needs a second of processor time. It ends only if none of them keeps it alive.
    const script = `const [node, , shop, empty] = process.argv
for (const name of ${JSON.stringify(names)}) {
  process.argv = [node, name, shop, ...(name === 'workspaces.js' ? [empty] : [])]
  process.stdout.write('\\0')
  await import(${JSON.stringify(`${out}/`)} + name)
}`
    const texts = run('--input-type=module', '-e', script, '--', 'all', shop, empty).split('\0').slice(1)
    const printed = Object.fromEntries(names.map((name, index) => [name, texts[index]]))
    expect(names).toEqual(['ask.js', 'events.js', 'locate.js', 'policy.js', 'serve.js', 'workspaces.js'])
    expect(printed['ask.js']).toMatch(
      /^shop\/cart\.py:10-14 Cart\.apply_discount \(mentions .*\)\n[^]*1 definitions, 0 uses, 0 comments\n### shop\/cart\.py:10-14 Cart\.apply_discount\n[^]*\n\d+ tokens\n$/,
    )
    expect(printed['locate.js']).toMatch(/^shop\/cart\.py:10-14 Cart\.apply_discount\n {2}line \d+: /)
    expect(printed['events.js']).toMatch(/^turn 1: .*\n {2}shown: something\n[^]*found: shop\/cart\.py\n$/)
    expect(printed['workspaces.js']).toBe(
      'repository 1: shop/cart.py\nrepository 2: nothing\n' + 'glob: ok\ngrep: ok\ngrep: bad-pattern\n'.repeat(2),
    )
    expect(printed['policy.js']).toMatch(/^shop\/cart\.py after [1-8] calls\n$/)
    expect(printed['serve.js']).toBe('200: shop/cart.py\n')
  })

  it('are in the documents word for word', () => {
    const page = readFileSync(join(ROOT, 'docs/library.md'), 'utf8')
    for (const name of readdirSync(EXAMPLES).filter((file) => file.endsWith('.ts'))) {
      expect(page, `docs/library.md shows examples/${name}`).toContain(readFileSync(join(EXAMPLES, name), 'utf8'))
    }
  })
})

describe('the main entry', () => {
  it('loads no library that a first localization does not need', () => {
    const project = writeFiles(temporaryFolder(), {
      'hooks.mjs': `import { writeSync } from 'node:fs'
export async function load(url, context, next) {
  writeSync(1, url + '\\n')
  return next(url, context)
}`,
      'main.mjs': `import { register } from 'node:module'
register('./hooks.mjs', import.meta.url)
await import(process.argv[2])`,
    })
    const urls = run(join(project, 'main.mjs'), join(ROOT, 'packages/fusesearch/dist/index.js'))
    expect(urls).toContain('dist/locate/index.js')
    const libraries = [...urls.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name)
    expect([...new Set(libraries)]).toEqual([])
  })
})
