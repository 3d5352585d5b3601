import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, runFusesearch } from './support/command.ts'
import { commitAll, git, SHOP, SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'

beforeAll(ensureBuilt)

const FOUND = 'shop/cart.py:10-14 Cart.apply_discount'

/** One line of at most two sentences that names the input, without a stack. */
async function expectRefusal(args: readonly string[], says: RegExp, input?: string | Uint8Array): Promise<void> {
  const { code, stderr, stdout } = await runFusesearch(['locate', ...args], input === undefined ? {} : { input })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^fusesearch: [^\n]+\.\n$/)
  expect(stderr).toMatch(says)
  expect(stderr.match(/[.!?](?: |\n)/g)?.length).toBeLessThanOrEqual(2)
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+|Error:|this is a bug/)
}

/** The first printed place for the shop's issue. */
async function firstPlace(repository: string, ...args: readonly string[]): Promise<string | undefined> {
  const { code, stderr, stdout } = await runFusesearch(['locate', SHOP_ISSUE, '--repo', repository, ...args])
  expect({ code, bug: stderr.includes('bug') }).toEqual({ code: 0, bug: false })
  return stdout.split('\t')[0]
}

describe('a folder beside an index', () => {
  it.each([
    ['locate', '--repo', '/elsewhere', 'x'],
    ['search', '--repo', '/elsewhere', 'x'],
    ['symbol', '--repo', '/elsewhere', 'x'],
    ['mcp', '--root', '/elsewhere'],
    ['serve', '--root', '/elsewhere'],
  ])('is refused by %s, for nothing of it would be searched', async (...args) => {
    const { code, stderr } = await runFusesearch([...args, '--backend', 'zoekt=http://user:secret@127.0.0.1:9'])
    expect(stderr).toMatch(/^fusesearch: --backend searches an index, not a folder\. Leave --(repo|root) out/)
    expect(code).toBe(2)
  })
})

describe('a bad issue', () => {
  it('is refused when empty, from every source', async () => {
    const file = join(writeFiles(temporaryFolder(), { empty: '' }), 'empty')
    await expectRefusal([''], /issue is empty/)
    await expectRefusal(['  \n '], /issue is empty/)
    await expectRefusal(['-'], /issue is empty/, '')
    await expectRefusal(['--file', file], /issue is empty/)
  })

  it('is refused at 5 MB, piped or as a file', async () => {
    const text = 'The server crashed.\n'.repeat(250_000)
    const file = join(writeFiles(temporaryFolder(), { 'big.log': text }), 'big.log')
    await expectRefusal(['-'], /the maximum is 1,000,000/, text)
    await expectRefusal(['--file', file], /5,000,000 bytes/)
  })

  it('is refused when it is binary junk', async () => {
    await expectRefusal(['-'], /isn't UTF-8 text/, readFileSync(process.execPath).subarray(0, 100_000))
    await expectRefusal(
      ['-'],
      /isn't UTF-8 text/,
      Uint8Array.from({ length: 2_000 }, (_, index) => 128 + (index % 128)),
    )
  })

  it('is refused when it is only a URL', async () => {
    await expectRefusal(['https://github.com/acme/shop/issues/12'], /fetches nothing/)
  })

  it('is refused if it is given twice, missing as a file, or a file name instead of text', async () => {
    const file = join(writeFiles(temporaryFolder(), { 'issue.md': 'Crash' }), 'issue.md')
    await expectRefusal(['Crash', '--file', file], /twice/)
    await expectRefusal(['--file', `${file}.old`], /no file/)
    await expectRefusal(['--file', temporaryFolder()], /is a folder/)
    await expectRefusal([file], /--file/)
  })
})

describe('a bad repository', () => {
  it('is refused when missing or a file', async () => {
    const folder = writeFiles(temporaryFolder(), { file: 'x' })
    await expectRefusal([SHOP_ISSUE, '--repo', join(folder, 'missing')], /missing/)
    await expectRefusal([SHOP_ISSUE, '--repo', join(folder, 'file')], /is a file/)
  })

  it('finds nothing when empty', async () => {
    const { code, stderr, stdout } = await runFusesearch(['locate', SHOP_ISSUE, '--repo', temporaryFolder()])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^fusesearch: Searched without history[^\n]+\nfusesearch: No place found[^\n]+\n$/)
  })

  it('without a work tree asks for a commit', async () => {
    const [folder, bare] = [tinyRepository(SHOP), join(temporaryFolder(), 'bare')]
    git(folder, 'clone', '--quiet', '--bare', folder, bare)
    await expectRefusal([SHOP_ISSUE, '--repo', bare], /a bare repository: its files lie in commits/)
    expect(await firstPlace(bare, '--rev', 'HEAD')).toContain(FOUND)
  })

  it('needs no git, but a commit does', async () => {
    const folder = writeFiles(temporaryFolder(), SHOP)
    expect(await firstPlace(folder)).toBe(FOUND)
    await expectRefusal([SHOP_ISSUE, '--repo', folder, '--rev', 'HEAD'], /isn't a git repository/)
    await expectRefusal([SHOP_ISSUE, '--repo', tinyRepository(), '--rev', 'nowhere'], /nowhere/)
  })

  it.each([
    ['', /revision '' is empty/],
    [' ', /is empty/],
    ['^HEAD', /means all commits except the ancestors of one/],
    ['HEAD~1..HEAD', /is a range of commits/],
    ['main...other', /is a range of commits/],
    ['HEAD:shop/cart.py', /means a file of a commit/],
    [':README.md', /means a file of a commit/],
    ['-x', /would be an option of git/],
    ['--all', /would be an option of git/],
    ['HEAD\nmain', /contains a control character/],
  ])('is refused with the revision %j, and told what one is', async (revision, says) => {
    const repository = tinyRepository()
    await expectRefusal([SHOP_ISSUE, '--repo', repository, `--rev=${revision}`], says)
    await expectRefusal([SHOP_ISSUE, '--repo', repository, `--rev=${revision}`], /Name one commit: a hash, a branch/)
  })

  it('accepts every expression that names one commit', async () => {
    const repository = tinyRepository()
    commitAll(writeFiles(repository, { 'b.txt': 'b' }), 'second: with a colon..')
    git(repository, 'tag', 'v1.0')
    const hash = git(repository, 'rev-parse', 'HEAD').trim()
    const names = [
      'HEAD',
      '@',
      'HEAD~1',
      'HEAD^',
      'v1.0',
      'main^{/first}',
      'HEAD^{/colon\\.\\.}',
      hash,
      hash.slice(0, 10),
    ]
    for (const name of names) expect(await firstPlace(repository, '--rev', name), name).toBe(FOUND)
  })

  it('is refused if it is git’s own folder, or the path is', async () => {
    const repository = tinyRepository()
    symlinkSync('.git', join(repository, 'link'))
    for (const place of ['.git', '.GIT/', '.git/refs', 'link']) {
      const says = /belongs to git's own records/
      await expectRefusal([SHOP_ISSUE, '--repo', join(repository, place)], says)
      await expectRefusal([SHOP_ISSUE, '--repo', repository, '--path', place], says)
      await expectRefusal([SHOP_ISSUE, '--repo', join(repository, place), '--rev', 'HEAD'], says)
    }
  })

  it.skipIf(process.getuid?.() === 0)(
    'is refused without permission to read it (skipped for root, who may read all)',
    async () => {
      const folder = writeFiles(temporaryFolder(), SHOP)
      chmodSync(folder, 0o000)
      try {
        await expectRefusal([SHOP_ISSUE, '--repo', folder], /permission/i)
      } finally {
        chmodSync(folder, 0o700)
      }
    },
  )

  // The full 200,000 files run in `npm run bench`'s tree test; here the same layout, smaller.
  it('may hold many files', async () => {
    const folder = writeFiles(temporaryFolder(), SHOP)
    for (let index = 0; index < 40; index++) {
      const files = Array.from({ length: 100 }, (_, file) => [
        `many/${index}/file_${file}.py`,
        `value_${file} = ${index}\n`,
      ])
      writeFiles(folder, Object.fromEntries(files) as Record<string, string>)
    }
    expect(await firstPlace(folder)).toBe(FOUND)
  })

  it('may hold a file of 2 GB', async () => {
    const repository = tinyRepository()
    const descriptor = openSync(join(repository, 'shop/apply_discount.py'), 'w')
    // Sparse: 2 GB for readers, nothing on the disk.
    ftruncateSync(descriptor, 2 * 1024 ** 3)
    closeSync(descriptor)
    expect(await firstPlace(repository)).toBe(FOUND)
  })

  it('may have circular links and links out of the tree, which are not followed', async () => {
    const outside = writeFiles(temporaryFolder(), {
      'apply_discount.py': 'def apply_discount(percent):\n    secret = 1\n',
    })
    const repository = tinyRepository()
    symlinkSync('.', join(repository, 'shop/loop'))
    symlinkSync('b', join(repository, 'a'))
    symlinkSync('a', join(repository, 'b'))
    symlinkSync(outside, join(repository, 'outside'))
    symlinkSync(join(outside, 'apply_discount.py'), join(repository, 'shop/linked.py'))
    const { stdout } = await runFusesearch(['locate', SHOP_ISSUE, '--repo', repository, '--json'])
    expect(stdout).toMatch(/"shop\/cart\.py"/)
    expect(stdout).not.toMatch(/secret|outside\/|linked\.py|loop\//)
  })

  it("may have names and contents that aren't UTF-8", async () => {
    const repository = tinyRepository()
    const strange = Buffer.concat([Buffer.from(join(repository, 'shop/caf')), Buffer.from([0xe9, 0x2e, 0x70, 0x79])])
    writeFileSync(strange, Buffer.concat([Buffer.from('# apply_discount caf'), Buffer.from([0xe9, 0x0a])]))
    writeFiles(repository, {
      'shop/latin.py': Uint8Array.from([...Buffer.from('# apply_discount '), 0xe9, 0xff, 0x0a]),
    })
    expect(await firstPlace(repository)).toBe(FOUND)
  })

  it('may have names that would move the cursor, which are shown escaped', async () => {
    const hostile = 'apply_discount\u001b[2J\u202e\ncart.py'
    const folder = writeFiles(temporaryFolder(), { [hostile]: SHOP['shop/cart.py'] })
    for (const form of [[], ['--pretty'], ['--json']]) {
      const { stdout, stderr } = await runFusesearch(['locate', SHOP_ISSUE, '--repo', folder, ...form])
      // oxlint-disable-next-line no-control-regex -- there must be none
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/)
    }
  })

  it('may have CRLF line ends and minified files', async () => {
    const crlf = SHOP['shop/cart.py'].replaceAll('\n', '\r\n')
    const minified = `function apply_discount(a){return a};${'a=b(c);'.repeat(50_000)}`
    const repository = tinyRepository({ ...SHOP, 'shop/cart.py': crlf, 'static/app.min.js': minified })
    expect(await firstPlace(repository)).toBe(FOUND)
  })
})

describe('a path', () => {
  it('outside the repository is refused: by dots, absolute, through a link', async () => {
    const repository = tinyRepository()
    const outside = temporaryFolder()
    symlinkSync(outside, join(repository, 'away'))
    for (const path of ['../', 'shop/../../', outside, 'away', '/']) {
      await expectRefusal([SHOP_ISSUE, '--repo', repository, '--path', path], /leads out of/)
    }
    await expectRefusal([SHOP_ISSUE, '--repo', repository, '--path', 'shop/nothing'], /doesn't exist/)
    await expectRefusal([SHOP_ISSUE, '--repo', repository, '--path', 'README.md'], /is a file/)
  })

  it("of the trajectory that can't be written is refused", async () => {
    await expectRefusal(
      [SHOP_ISSUE, '--repo', tinyRepository(), '--trajectory', '/nowhere/run.jsonl'],
      /\/nowhere\/run\.jsonl/,
    )
  })
})

describe('an issue that looks like a command', () => {
  it('is searched for as text, never read as a flag', async () => {
    const issue =
      '--pre=touch: the flags `--version`, `-e` and `--files` of apply_discount are ignored\n\n    --pre-glob=*\n    -rf'
    const repository = tinyRepository()
    const { code, stdout } = await runFusesearch(['locate', '-', '--repo', repository], { input: issue })
    expect({ code, first: stdout.split('\t')[0] }).toEqual({ code: 0, first: FOUND })
    expect(existsSync(join(repository, 'touch'))).toBe(false)
  })
})

describe('a hostile repository', () => {
  it('changes nothing and runs nothing', async () => {
    const repository = tinyRepository({
      ...SHOP,
      '.ripgreprc': `--pre=./canary.sh\n--files-with-matches\n--glob=!*.py\n`,
      '.gitattributes': '*.py diff=canary filter=canary\n',
    })
    const canary = join(repository, '.git/canary')
    const script = join(repository, '.git/canary.sh')
    writeFileSync(script, `#!/bin/sh\ntouch '${canary}'\nexec cat "$@"\n`)
    chmodSync(script, 0o755)
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'core.editor',
      'diff.external',
      'filter.canary.smudge',
      'filter.canary.clean',
      'diff.canary.textconv',
      'pager.log',
      'alias.rev-parse',
      'uploadpack.packObjectsHook',
    ]) {
      git(repository, 'config', key, key.startsWith('alias') ? `!${script}` : script)
    }
    mkdirSync(join(repository, '.git/hooks'), { recursive: true })
    for (const hook of [
      'post-checkout',
      'post-index-change',
      'reference-transaction',
      'fsmonitor-watchman',
      'pre-commit',
    ]) {
      writeFileSync(join(repository, '.git/hooks', hook), `#!/bin/sh\ntouch '${canary}'\n`, { mode: 0o755 })
    }
    const before = execFileSync('find', [repository, '-type', 'f', '-newer', script], { encoding: 'utf8' })
    const env = {
      RIPGREP_CONFIG_PATH: join(repository, '.ripgreprc'),
      FUSESEARCH_CACHE: temporaryFolder(),
      PAGER: script,
      GIT_PAGER: script,
      GIT_EXTERNAL_DIFF: script,
    }
    for (const rev of [[], ['--rev', 'HEAD']]) {
      const { code, stdout } = await runFusesearch(['locate', SHOP_ISSUE, '--repo', repository, ...rev], {
        cwd: repository,
        env,
      })
      expect({ code, first: stdout.split('\t')[0] }).toEqual({ code: 0, first: FOUND })
    }
    expect(existsSync(canary)).toBe(false)
    expect(execFileSync('find', [repository, '-type', 'f', '-newer', script], { encoding: 'utf8' })).toBe(before)
  })
})
