import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as fc from 'fast-check'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { ensureBuilt, ROOT } from '../../../../../test/support/command.ts'
import { temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { until } from '../../../../../test/support/patience.ts'
import { createLauncher } from './launcher.ts'
import { packagedRg } from './locate.ts'
import type { RgEnd, RgRun } from './rg-run.ts'
import { runRg } from './run.ts'

const RUNS = Number(process.env['FUSESEARCH_PROPERTY_RUNS'] ?? 16)
const rg = await packagedRg()
const launcher = createLauncher()
afterAll(() => launcher.close())

interface Ran {
  readonly end: RgEnd
  readonly output: Buffer
}

async function run(how: Partial<RgRun> & Pick<RgRun, 'argv' | 'cwd'>): Promise<Ran> {
  const chunks: Buffer[] = []
  const end = await runRg({
    rg,
    signal: new AbortController().signal,
    launcher,
    onOutput: (chunk) => chunks.push(chunk) > 0,
    ...how,
  })
  return { end, output: Buffer.concat(chunks) }
}

/** A program that stands in for ripgrep. */
function makeProgram(text: string): string {
  const path = join(temporaryFolder(), 'rg')
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

const ECHO = '#!/bin/sh\nprintf "%s\\0" "$@"; printf "%s\\0" "$@" >&2; wc -c\n'

describe('what comes back', () => {
  test('every argument arrives as it is, whatever it holds', async () => {
    const echo = makeProgram(ECHO)
    const nasty = fc.constantFrom(
      "'",
      '"',
      '$',
      '`',
      '\\',
      '\n',
      '\r',
      '-',
      '--',
      '!',
      ' ',
      '~',
      '*',
      ';',
      '&',
      '$(id)',
    )
    const odd = fc.constantFrom('é', '\u{1f600}', '\ud800', '\u0001', '\u007f', '\u0004', '', '%s', '\\n', '#', '{a,b}')
    const argument = fc.array(fc.oneof(nasty, odd, fc.string({ unit: 'binary' })), { maxLength: 6 })
    const text = argument.map((parts) => parts.join('').replaceAll('\0', ''))
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 5 }), async (argv) => {
        const [by, direct] = await Promise.all([
          run({ rg: echo, argv, cwd: '/' }),
          run({ rg: echo, argv, cwd: '/', launcher: undefined }),
        ])
        expect(by).toEqual(direct)
        const shown = Buffer.from(argv.length === 0 ? '\0' : argv.map((one) => `${one}\0`).join(''))
        expect(by.output.subarray(0, shown.length)).toEqual(shown)
        expect(by.output.subarray(shown.length).toString().trim()).toBe('0')
      }),
      { numRuns: 1.5 * RUNS },
    )
  })

  test('a folder with any name, a folder that is gone and one that comes back', async () => {
    const folder = writeFiles(join(temporaryFolder(), "-it's $HOME\n`x`"), { 'a.txt': 'foo\n' })
    const argv = ['--no-config', 'foo', './']
    expect(await run({ argv, cwd: folder })).toMatchObject({
      end: { exitCode: 0 },
      output: Buffer.from('./a.txt:foo\n'),
    })
    // The shell leaves the folder afterwards.
    rmSync(folder, { recursive: true })
    await expect(run({ argv, cwd: folder })).rejects.toMatchObject({ code: 'repository-missing' })
    mkdirSync(folder)
    expect((await run({ argv, cwd: folder })).end.exitCode).toBe(1)
  })

  test('much output, in order and whole, on both streams at once', async () => {
    const program = makeProgram('#!/bin/sh\nseq 1 100000 & seq 1 300 >&2; wait\n')
    const { end, output } = await run({ rg: program, argv: [], cwd: '/' })
    expect(output.toString()).toBe(execFileSync('seq', ['1', '100000']).toString())
    expect(end.message).toBe(execFileSync('seq', ['1', '300']).toString().trim())
  })

  test('an invalid pattern, its message and the debug messages are those of a run without shells', async () => {
    const cwd = writeFiles(temporaryFolder(), { 'a.txt': 'x'.repeat(100), b: 'y' })
    for (const argv of [
      ['foo(', './'],
      ['--debug', '--max-filesize=50', '-e', 'y', './'],
      ['--bad', './'],
    ]) {
      const [shown, shownDirectly]: [string[], string[]] = [[], []]
      const by = await run({ argv, cwd, onDebug: (line) => shown.push(line) })
      expect(by).toEqual(await run({ argv, cwd, launcher: undefined, onDebug: (line) => shownDirectly.push(line) }))
      expect(sorted(shown)).toEqual(sorted(shownDirectly))
    }
  })

  test('standard input arrives whole, by a shell', async () => {
    const program = makeProgram('#!/bin/sh\necho $PPID\ncat\n')
    for (const size of [1, 1_000, 70_000, 3_000_000]) {
      const input = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7) % 256))
      const { end, output } = await run({ rg: program, argv: [], cwd: '/', input })
      const [parent = ''] = output.toString('latin1').split('\n')
      expect(end).toEqual({ reason: 'done', exitCode: 0, message: '' })
      expect(Number(parent)).not.toBe(process.pid)
      expect(output.subarray(parent.length + 1).equals(input)).toBe(true)
    }
  })

  test("input that a run leaves is nobody else's", async () => {
    const one = createLauncher({ size: 1 })
    onTestFinished(() => one.close())
    const input = Buffer.from('left over\n'.repeat(200_000))
    const lazy = makeProgram('#!/bin/sh\necho why >&2; exit 2\n')
    const sleeper = makeProgram('#!/bin/sh\necho awake; exec sleep 60\n')
    const leavers = [
      () => run({ rg: lazy, argv: [], cwd: '/', input, launcher: one }),
      () => run({ rg: sleeper, argv: [], cwd: '/', input, launcher: one, onOutput: () => false }),
      () => run({ rg: sleeper, argv: [], cwd: '/nowhere', input, launcher: one }).catch((error: Error) => error),
    ]
    const results = []
    for (const leave of leavers) {
      results.push(await leave())
      const next = await run({ argv: ['t', '-'], cwd: '/', input: Buffer.from('one\ntwo\n'), launcher: one })
      expect(next.output.toString()).toBe('two\n')
    }
    expect(results).toMatchObject([
      { end: { reason: 'done', exitCode: 2, message: 'why' } },
      { end: { reason: 'stopped' } },
      { code: 'repository-missing' },
    ])
  })

  test('NUL and very long arguments go around the shells', async () => {
    const cwd = writeFiles(temporaryFolder(), { a: 'foo\n' })
    const long = Array.from({ length: 30 }, (_, index) => ['-e', `${'x'.repeat(9_000)}${index}`]).flat()
    expect((await run({ argv: [...long, '-e', 'foo', './'], cwd })).end.exitCode).toBe(0)
    await expect(run({ argv: ['a\0b', './'], cwd })).rejects.toThrow(/null bytes/)
  })
})

describe('how it ends', () => {
  test('an abort and enough output end the process, and the shell serves on', async () => {
    const one = createLauncher({ size: 1 })
    onTestFinished(() => one.close())
    const sleeper = makeProgram('#!/bin/sh\necho $$; exec sleep 60\n')
    for (const afterMs of [0, 1, 5, 30]) {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), afterMs)
      const { end, output } = await run({ rg: sleeper, argv: [], cwd: '/', launcher: one, signal: controller.signal })
      expect(end).toEqual({ reason: 'aborted', exitCode: 1, message: '' })
      if (output.length > 0) expect(isAlive(Number(output))).toBe(false)
    }
    const stopped = await run({ rg: sleeper, argv: [], cwd: '/', launcher: one, onOutput: () => false })
    expect(stopped.end).toEqual({ reason: 'stopped', exitCode: 1, message: '' })
    const parents = makeProgram('#!/bin/sh\necho $PPID\n')
    const shells = await Promise.all([1, 2].map(() => run({ rg: parents, argv: [], cwd: '/', launcher: one })))
    expect(shells[0]?.output).toEqual(shells[1]?.output)
    expect(isAlive(Number(shells[0]?.output))).toBe(true)
  })

  test('what ignores the kind signal is killed, and its shell replaced', async () => {
    const stubborn = makeProgram('#!/bin/sh\ntrap "" TERM\necho $$; while :; do sleep 0.05; done\n')
    let pid = 0
    const onOutput = (chunk: Buffer): boolean => {
      pid = Number(chunk)
      return false
    }
    expect((await run({ rg: stubborn, argv: [], cwd: '/', onOutput })).end.reason).toBe('stopped')
    expect(isAlive(pid)).toBe(false)
    for (let round = 0; round < 3; round++) await run({ argv: ['--version'], cwd: '/' })
  })

  test('a ripgrep that others end, that is no program or is not there is the error that it is without shells', async () => {
    const killed = makeProgram('#!/bin/sh\nkill -9 $$\n')
    await expect(run({ rg: killed, argv: [], cwd: '/' })).rejects.toMatchObject({ code: 'rg-failed' })
    await expect(run({ rg: killed, argv: [], cwd: '/' })).rejects.toThrow(/was ended by SIGKILL\. Check memory/)
    const notRun = makeProgram('x')
    chmodSync(notRun, 0o644)
    for (const rgPath of [notRun, '/nowhere/rg', temporaryFolder()]) {
      const wanted = await run({ rg: rgPath, argv: [], cwd: '/', launcher: undefined }).catch((error: Error) => error)
      const error = await run({ rg: rgPath, argv: [], cwd: '/' }).catch((caught: Error) => caught)
      expect(error).toMatchObject({ code: 'rg-missing' })
      expect(error).toEqual(wanted)
    }
  })

  test('a shell that dies is replaced; before anything was shown the run begins again, after it fails', async () => {
    const one = createLauncher({ size: 1 })
    onTestFinished(() => one.close())
    const marker = join(temporaryFolder(), 'marker')
    const killsOnce = makeProgram(`#!/bin/sh\n[ -e ${marker} ] && exit 0\n: > ${marker}; kill -9 $PPID; sleep 60\n`)
    expect((await run({ rg: killsOnce, argv: [], cwd: '/', launcher: one })).end.exitCode).toBe(0)
    const after = makeProgram('#!/bin/sh\necho shown; kill -9 $PPID; sleep 60\n')
    const failing = run({ rg: after, argv: [], cwd: '/', launcher: one })
    await expect(failing).rejects.toMatchObject({ code: 'rg-failed' })
    expect((await run({ argv: ['--version'], cwd: '/', launcher: one })).output.toString()).toMatch(/^ripgrep/)
  })

  test.each(['/nowhere/sh', '/dev/null'])('%s is no shell: ripgrep runs without', async (shell) => {
    const broken = createLauncher({ shell, size: 1 })
    for (let round = 0; round < 3; round++) {
      const { output } = await run({ argv: ['--version'], cwd: '/', launcher: broken })
      expect(output.toString()).toMatch(/^ripgrep/)
    }
    await broken.close()
  })
})

describe('many at once', () => {
  test('runs wait in order, and one that aborts leaves the line', async () => {
    const one = createLauncher({ size: 1 })
    const controller = new AbortController()
    const order: string[] = []
    const runs = Array.from({ length: 16 }, async (_, number) => {
      const signal = number % 4 === 3 ? controller.signal : new AbortController().signal
      const { end } = await run({ argv: ['--version'], cwd: '/', launcher: one, signal })
      order.push(`${end.reason} ${number}`)
    })
    controller.abort()
    await Promise.all(runs)
    const numbers = Array.from({ length: 16 }, (_, number) => number)
    const inLine = numbers.filter((number) => number % 4 !== 3).map((number) => `done ${number}`)
    expect(order.filter((row) => row.startsWith('done'))).toEqual(inLine)
    expect(order.slice(0, 4)).toEqual(['aborted 3', 'aborted 7', 'aborted 11', 'aborted 15'])
    await one.close()
  })

  test('32 runs share the shells', async () => {
    const three = createLauncher({ size: 3 })
    const parents = makeProgram('#!/bin/sh\necho $PPID\n')
    const ran = await Promise.all(
      Array.from({ length: 32 }, () => run({ rg: parents, argv: [], cwd: '/', launcher: three })),
    )
    expect(new Set(ran.map(({ output }) => output.toString())).size).toBe(3)
    await three.close()
    for (const { output } of ran) expect(isAlive(Number(output))).toBe(false)
  })

  test('closing waits for what runs; what waits or comes later runs without shells', async () => {
    const one = createLauncher({ size: 1 })
    const program = makeProgram('#!/bin/sh\nsleep 0.1; echo $PPID\n')
    const runs = [1, 2].map(() => run({ rg: program, argv: [], cwd: '/', launcher: one }))
    await delay(20)
    await one.close()
    const [first, second] = await Promise.all(runs)
    expect(isAlive(Number(first?.output))).toBe(false)
    expect(Number(second?.output)).toBe(process.pid)
    expect(Number((await run({ rg: program, argv: [], cwd: '/', launcher: one })).output)).toBe(process.pid)
    await one.close()
  })
})

describe('nothing is left behind', () => {
  test('idle shells keep no process alive', async () => {
    const { code, pids } = await runNode('')
    expect(code).toBe(0)
    await untilGone(pids)
  })

  test('a process that is killed in the middle of a search leaves neither shell nor ripgrep', async () => {
    const folder = writeFiles(temporaryFolder(), { 'large.txt': 'some text to go through\n'.repeat(1_000_000) })
    // The folder's name in the pattern tells this ripgrep from others on the machine.
    const search = { rg, argv: ['--no-config', '-n', `text|${basename(folder)}`, './'], cwd: folder }
    const { code, pids } = await runNode(`
      const signal = new AbortController().signal
      const onOutput = () => process.kill(process.pid, 'SIGKILL')
      await launcher.run({ ...${JSON.stringify(search)}, signal, onOutput })`)
    expect(code).toBe(null)
    expect(pids).toHaveLength(2)
    await untilGone(pids)
    await untilGone(processesWith(basename(folder)))
  })
})

/** Runs a program with the built launcher in its own process; returns the ids of its shells. */
async function runNode(text: string): Promise<{ readonly code: number | null; readonly pids: readonly number[] }> {
  ensureBuilt()
  const folder = temporaryFolder()
  const module = JSON.stringify(join(ROOT, 'packages/fusesearch/dist/search/rg/launcher.js'))
  const shells = `process.stdout.write(execFileSync('ps', ['-A', '-o', 'ppid=,pid=,comm=']))`
  const start = `import { createLauncher } from ${module}\nconst launcher = createLauncher()\n${shells}\n`
  writeFileSync(join(folder, 'main.mjs'), `import { execFileSync } from 'node:child_process'\n${start}${text}\n`)
  const child = spawn(process.execPath, [join(folder, 'main.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  const rows = output.split('\n').map((row) => row.trim().split(/\s+/))
  const pids = rows.filter(([parent, , name]) => Number(parent) === child.pid && name !== 'ps').map(([, pid]) => pid)
  return { code, pids: pids.map(Number) }
}

async function untilGone(pids: readonly number[]): Promise<void> {
  await until(() => !pids.some(isAlive))
}

/** False for a zombie: it has ended, and only its parent has not noticed yet. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z')
}

function processesWith(argument: string): number[] {
  const rows = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args=']).toString().split('\n')
  return rows.filter((row) => row.includes(argument)).map((row) => Number.parseInt(row, 10))
}

/** Debug messages come from several threads. */
function sorted(lines: readonly string[]): readonly string[] {
  return lines.toSorted()
}
