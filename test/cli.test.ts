import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, runFusesearch, startFusesearch } from './support/command.ts'
import { git, SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'
import { withMoreTime } from './support/patience.ts'

beforeAll(ensureBuilt)

interface Located {
  readonly version: number
  readonly files: readonly {
    readonly path: string
    readonly functions: readonly unknown[]
    readonly evidence: readonly unknown[]
  }[]
  readonly candidates: { readonly files: readonly { readonly path: string }[]; readonly functions: readonly unknown[] }
  readonly confidence: number
  readonly stoppedBy: string
  readonly notices: readonly string[]
  readonly stats: {
    readonly turns: number
    readonly calls: number
    readonly breadth: readonly number[]
    readonly efficiency: number
    readonly redundancy: number
    readonly bytesShown: number
    readonly ms: Readonly<Record<string, number>>
  }
}

function timeless(located: Located | undefined): unknown {
  return { ...located, stats: { ...located?.stats, ms: {} } }
}

async function locateJson(args: readonly string[]): Promise<Located> {
  const { code, stderr, stdout } = await runFusesearch(['locate', ...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Located
}

describe('fusesearch locate', () => {
  it('names the function of an issue, one place per line', async () => {
    const repository = tinyRepository()
    const { code, stdout } = await startFusesearch(['locate', SHOP_ISSUE, '--repo', repository])
    expect(code).toBe(0)
    expect(stdout.split('\n')[0]).toMatch(/^shop\/cart\.py:10-14 Cart\.apply_discount\tanswer\t0\.\d\d$/)
    expect(git(repository, 'status', '--porcelain')).toBe('')
  })

  it('takes the issue from a pipe, from -, and from a file', async () => {
    const repository = tinyRepository()
    const file = join(writeFiles(temporaryFolder(), { 'issue.md': SHOP_ISSUE }), 'issue.md')
    const ways = await Promise.all([
      startFusesearch(['locate'], { cwd: repository, input: SHOP_ISSUE }),
      runFusesearch(['locate', '-'], { cwd: repository, input: SHOP_ISSUE }),
      runFusesearch(['locate', '--file', file], { cwd: repository }),
      runFusesearch(['locate', SHOP_ISSUE], { cwd: repository }),
      runFusesearch(['locate', ...SHOP_ISSUE.split(' ')], { cwd: repository }),
    ])
    for (const { code, stdout } of ways) expect({ code, stdout }).toEqual({ code: 0, stdout: ways[0].stdout })
  })

  it('prints only the documented object with --json', async () => {
    const located = await locateJson([SHOP_ISSUE, '--repo', tinyRepository()])
    expect(located).toMatchObject({ version: 1, policy: 'embedded', seed: 0, notices: [] })
    expect(located.files[0]).toEqual({
      path: 'shop/cart.py',
      score: expect.any(Number),
      functions: [expect.objectContaining({ name: 'Cart.apply_discount', startLine: 10, endLine: 14 })],
      // Its only commit is unrelated to the issue.
      commits: [],
      evidence: expect.arrayContaining([
        {
          turn: expect.any(Number),
          call: expect.any(Number),
          tool: expect.stringMatching(/^(grep|glob|read_file)$/),
          asked: expect.any(String),
          startLine: expect.any(Number),
          endLine: expect.any(Number),
          reason: expect.any(String),
          text: expect.any(String),
        },
      ]),
    })
    expect(located.candidates.files.map(({ path }) => path)).toContain('shop/cart.py')
    expect(located.confidence).toBeGreaterThan(0)
    const { stats } = located
    expect(stats.breadth).toHaveLength(stats.turns - 1)
    expect(stats.breadth.reduce((sum, breadth) => sum + breadth, 0)).toBe(stats.calls)
    expect(Object.keys(stats.ms).sort()).toEqual(['check', 'open', 'policy', 'tools', 'total'])
    for (const share of [stats.efficiency, stats.redundancy]) expect(share >= 0 && share <= 1).toBe(true)
  })

  it('gives the same result twice, except for times', async () => {
    const repository = tinyRepository()
    const [first, second] = await Promise.all([1, 2].map(() => locateJson([SHOP_ISSUE, '--repo', repository])))
    expect(timeless(first)).toEqual(timeless(second))
  })

  it('respects --max-turns, --max-breadth and --top', async () => {
    const repository = tinyRepository()
    const narrow = await locateJson([
      SHOP_ISSUE,
      '--repo',
      repository,
      '--max-breadth',
      '1',
      '--max-turns',
      '3',
      '--top',
      '1',
    ])
    expect(Math.max(...narrow.stats.breadth)).toBe(1)
    expect(narrow.stats.turns).toBeLessThanOrEqual(3)
    expect(narrow.candidates.files.length).toBeLessThanOrEqual(1)
  })

  it('searches only --path and still names paths of the repository', async () => {
    const located = await locateJson([SHOP_ISSUE, '--repo', tinyRepository(), '--path', 'shop'])
    expect(located.files[0]?.path).toBe('shop/cart.py')
  })

  it("searches a commit with --rev, and doesn't change the work tree", async () => {
    const repository = tinyRepository()
    writeFiles(repository, { 'shop/cart.py': 'nothing = 1\n' })
    const before = git(repository, 'status', '--porcelain')
    const args = ['locate', SHOP_ISSUE, '--repo', repository, '--rev', 'HEAD']
    const { code, stdout } = await runFusesearch(args, { env: { FUSESEARCH_CACHE: temporaryFolder() } })
    const [place] = stdout.split('\t')
    expect({ code, place }).toEqual({ code: 0, place: 'shop/cart.py:10-14 Cart.apply_discount' })
    expect(git(repository, 'status', '--porcelain')).toBe(before)
  })

  it('reports a passed deadline, and still answers', async () => {
    const { code, stdout } = await runFusesearch([
      'locate',
      SHOP_ISSUE,
      '--repo',
      tinyRepository(),
      '--deadline',
      '1ms',
      '--json',
    ])
    const located = JSON.parse(stdout) as Located
    expect(code).toBeLessThanOrEqual(1)
    expect(located.stoppedBy).toBe('deadline')
    expect(located.notices[0]).toMatch(/deadline passed/)
  })

  it('reports that only a folder of the repository was searched, if nobody chose it', async () => {
    const repository = tinyRepository()
    const cwd = join(repository, 'shop')
    const here = await runFusesearch(['locate', SHOP_ISSUE], { cwd })
    expect(here.stdout).toMatch(/^cart\.py:10-14/)
    expect(here.stderr).toContain(`--repo ${repository}`)
    const chosen = await runFusesearch(['locate', SHOP_ISSUE, '--repo', cwd], { cwd })
    expect(chosen).toMatchObject({ code: 0, stderr: '' })
  })

  it('searches the same folder of a commit as of the files', async () => {
    const repository = tinyRepository()
    writeFiles(repository, { 'new/shop/cart.py': 'nothing = 1\n' })
    const env = { FUSESEARCH_CACHE: temporaryFolder() }
    const [files, commit, missing] = await Promise.all([
      runFusesearch(['locate', SHOP_ISSUE], { cwd: join(repository, 'shop') }),
      runFusesearch(['locate', SHOP_ISSUE, '--rev', 'HEAD'], { cwd: join(repository, 'shop'), env }),
      runFusesearch(['locate', SHOP_ISSUE, '--rev', 'HEAD', '--repo', join(repository, 'new')], { env }),
    ])
    expect(files.stdout).toMatch(/^cart\.py:10-14 Cart\.apply_discount/)
    expect([commit.stdout, commit.stderr]).toEqual([files.stdout, files.stderr])
    expect(missing.stderr).toContain(`The folder ${join(repository, 'new')} is not in the commit HEAD.`)
    expect(missing.code).toBe(2)
  })

  it("doesn't ask for an identifier if the deadline passed", async () => {
    const args = ['locate', 'zzyzx qqxqq vvkvv', '--repo', tinyRepository(), '--deadline', '1ms']
    const { code, stderr } = await runFusesearch(args)
    expect(code).toBe(1)
    expect(stderr).toMatch(/No place found\. Set a longer deadline/)
    expect(stderr).not.toMatch(/identifier/)
  })

  it('exits 1 when there is no candidate at all', async () => {
    const { code, stderr, stdout } = await startFusesearch(['locate', 'zzyzx qqxqq vvkvv', '--repo', temporaryFolder()])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/No place found\. Name an identifier/)
  })

  it('says what to try at a terminal, too, when nothing was found', async () => {
    const args = ['locate', 'zzyzx qqxqq vvkvv', '--repo', tinyRepository(), '--pretty']
    const { code, stdout } = await runFusesearch(args)
    expect(code).toBe(1)
    expect(stdout).toMatch(/No place found\.\n[^]*! Name an identifier/)
  })

  it("says so if git doesn't list the tracked files in time", async () => {
    const repository = tinyRepository()
    const slow = writeFiles(temporaryFolder(), {
      git: `#!/bin/sh\ncase "$*" in *ls-files*) sleep 30 ;; esac\nPATH="\${PATH#*:}" exec git "$@"\n`,
    })
    chmodSync(join(slow, 'git'), 0o755)
    const env = { PATH: `${slow}:${process.env['PATH']}` }
    const { code, stderr } = await startFusesearch(['locate', SHOP_ISSUE, '--repo', repository], { env })
    expect(code).toBe(0)
    expect(stderr).toMatch(/Git didn't list its files in time, so tracked files .* weren't searched/)
  })

  it('shows turns and a summary with --pretty, without colours in a pipe, in CI too', async () => {
    const args = ['locate', SHOP_ISSUE, '--repo', tinyRepository(), '--pretty']
    const { stdout } = await startFusesearch(args, { env: { CI: 'true' } })
    expect(stdout).toMatch(/^ {2}1 {2}[▁-█]+ +grep .*\d+% new +[\d.]+ m?s$/mu)
    expect(stdout).toMatch(/Cart\.apply_discount {2}shop\/cart\.py:10–14/)
    expect(stdout).toMatch(/\d+% sure .*turns? · \d+ calls? · efficiency \d+% · /)
    // oxlint-disable-next-line no-control-regex -- there must be none
    expect(stdout).not.toMatch(/\u001b/)
  })
})

describe('fusesearch replay', () => {
  it('repeats a recorded run in an empty folder, call by call', async () => {
    const file = join(temporaryFolder(), 'run.jsonl')
    await locateJson([SHOP_ISSUE, '--repo', tinyRepository(), '--trajectory', file, '--full'])
    const { code, stdout } = await startFusesearch(['replay', file], { cwd: temporaryFolder() })
    expect(stdout).toMatch(/^same: embedded issued the same \d+ calls in \d+ turns? and gave the same answer\n$/)
    expect(code).toBe(0)
  })

  it("exits 1 on a difference and 2 on what it can't replay", async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'run.jsonl')
    await locateJson([SHOP_ISSUE, '--repo', tinyRepository(), '--trajectory', file, '--full', '--include-tests'])
    const changed = readFileSync(file, 'utf8').replace('"confidence":', '"confidence":0.123,"was":')
    writeFiles(folder, { 'changed.jsonl': changed, 'torn.jsonl': readFileSync(file, 'utf8').slice(0, 900) })
    expect(await runFusesearch(['replay', join(folder, 'run.jsonl'), '--quiet'])).toMatchObject({ code: 0, stdout: '' })
    expect(await runFusesearch(['replay', join(folder, 'changed.jsonl')])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^different: /),
    })
    for (const name of ['torn.jsonl', 'missing.jsonl']) {
      const { code, stderr } = await runFusesearch(['replay', join(folder, name)])
      expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 2, lines: 1 })
    }
  })

  it('refuses a trajectory of digests', async () => {
    const file = join(temporaryFolder(), 'run.jsonl')
    await locateJson([SHOP_ISSUE, '--repo', tinyRepository(), '--trajectory', file])
    const { code, stderr } = await runFusesearch(['replay', file])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/--full/) })
  })
})

describe('the command line', () => {
  it('suggests a similar flag or command, on one line', async () => {
    const flag = await startFusesearch(['locate', 'x', '--polcy', 'embedded'])
    expect(flag).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^.*--polcy.*did you mean --policy\?.*\n$/),
    })
    const command = await runFusesearch(['locat'])
    expect(command).toMatchObject({ code: 2, stderr: expect.stringMatching(/^.*did you mean locate\?.*\n$/) })
    const shell = await runFusesearch(['completion', 'tcsh'])
    const choices = "the shell 'tcsh' is invalid: Allowed choices are bash, zsh, fish."
    expect(shell).toMatchObject({ code: 2, stderr: `fusesearch: ${choices} See \`fusesearch completion --help\`.\n` })
  })

  it('treats help for an unknown command as an error', async () => {
    for (const args of [
      ['locat', '--help'],
      ['help', 'locat'],
    ]) {
      const { code, stderr, stdout } = await runFusesearch(args)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/unknown command 'locat' \(did you mean locate\?\)/)
    }
  })

  it('groups the flags of locate, prints each default once, and lists every exit code', async () => {
    for (const command of ['locate', 'serve', 'mcp', 'eval', 'env', 'train']) {
      const { stdout } = await runFusesearch([command, '--help'])
      const text = stdout.replaceAll(/\s+/g, ' ')
      expect(text).not.toMatch(/\(default:[^)]*\) \((?:choices|default)/)
      expect(text).not.toMatch(/default: (?:false|\[|")/)
    }
    const { stdout } = await runFusesearch(['locate', '--help'])
    const order = [
      'Search:',
      '--repo',
      '--deadline',
      'Output:',
      '--json',
      'Model:',
      '--base-url',
      '130 stopped by Ctrl-C',
    ]
    const places = order.map((text) => stdout.indexOf(text))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(Math.min(...places)).toBeGreaterThan(0)
  })

  it('requires the unit of a time, and says so', async () => {
    const { code, stderr } = await runFusesearch(['locate', 'a word', '--deadline', '30'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('Add a unit: 30s, 30ms or 30m') })
  })

  it('shows examples in the help of each command', async () => {
    for (const args of [['--help'], ['locate', '--help'], ['replay', '--help'], ['help', 'locate']]) {
      const { code, stdout } = await runFusesearch(args)
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/\$ fusesearch (?:locate|replay)/) })
    }
  })

  it('prints one line for an invalid value', async () => {
    for (const args of [
      ['--top', 'x'],
      ['--max-turns', '0'],
      ['--deadline', 'soon'],
      ['--policy', 'magic'],
      ['--seed', '-1'],
    ]) {
      const { code, stderr } = await runFusesearch(['locate', 'a word', ...args])
      expect({ args, code, stderr }).toEqual({ args, code: 2, stderr: expect.stringMatching(/^fusesearch: .+\n$/) })
    }
  })

  it('ends on Ctrl-C with 130 and without a message, while it waits for its input', async () => {
    await withMoreTime(1_500, async (ms) => {
      const { code, stderr, stdout } = await startFusesearch(['locate', '-', '--repo', tinyRepository()], {
        keepsInputOpen: true,
        onStart: (processId) => setTimeout(() => process.kill(processId, 'SIGINT'), ms),
      })
      expect({ code, stderr, stdout }).toEqual({ code: 130, stderr: '', stdout: '' })
    })
  })

  it('writes nothing into the repository or beside it', async () => {
    const repository = tinyRepository()
    await locateJson([SHOP_ISSUE, '--repo', repository])
    expect(git(repository, 'status', '--porcelain', '--ignored')).toBe('')
    expect(existsSync(join(repository, '.git/index.lock'))).toBe(false)
  })
})
