import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { PROGRAM_LIMITS } from '../limits.ts'
import { packagedRg } from '../rg/locate.ts'
import { openTree, type Tree } from '../tree.ts'
import { runTurn } from '../turn.ts'
import { createGatherer } from './gather.ts'

const FILES = Object.fromEntries(
  Array.from({ length: 12 }, (_, index) => [`f${index}.py`, `word${index}\nx${index}\n`]),
)

/** A tree whose ripgrep is a program that begins with these lines; it gets the arguments, and `log` is a file. */
async function openGathered(lines: (log: string) => string): Promise<{ tree: Tree; log: string }> {
  const home = temporaryFolder()
  const log = join(home, 'log')
  const rg = join(home, 'rg')
  writeFileSync(rg, `#!/bin/sh\n${lines(log)}\nexec '${await packagedRg()}' "$@"\n`)
  chmodSync(rg, 0o755)
  const tree = await openTree({ root: writeFiles(temporaryFolder(), FILES), ignoreRules: 'respect', rg })
  await tree.listFiles()
  writeFileSync(log, '')
  return { tree: { ...tree, gatherer: createGatherer(tree) }, log }
}

/** The files that hold the two words of a run's number. */
async function ask(tree: Tree, number: number, signal = new AbortController().signal): Promise<unknown> {
  const greps = [`word${number}`, `x${number}`].map((pattern) => {
    return { tool: 'grep', arguments: { pattern, mode: 'paths', word: true } } as const
  })
  const { observations } = await runTurn(tree, greps, { limits: PROGRAM_LIMITS, bytesLeft: 1_000_000, signal })
  return observations.map((one) => (one.ok ? ('paths' in one ? one.paths : []) : one.code))
}

const RUNS = Array.from({ length: 12 }, (_, number) => number)
const WANTED = RUNS.map((number) => [[`f${number}.py`], [`f${number}.py`]])

test('twelve runs at once share walks, and each gets its own answer', async () => {
  const { tree, log } = await openGathered((file) => `echo walk >> ${file}`)
  expect(await Promise.all(RUNS.map((number) => ask(tree, number)))).toEqual(WANTED)
  // How many walks there are depends on who comes while one goes on: fewer than the runs, in any case.
  expect(readFileSync(log, 'utf8').trim().split('\n').length).toBeLessThan(RUNS.length)
})

test('a walk that others end is done again by each for itself', async () => {
  const { tree } = await openGathered(() => 'case "$*" in *word2*word3*) kill -9 $$;; esac')
  expect(await Promise.all(RUNS.map((number) => ask(tree, number)))).toEqual(WANTED)
})

test('who goes gets an answer at once; the walk ends with the last', async () => {
  const { tree, log } = await openGathered((file) => {
    return `case "$*" in *word2*word3*) echo $$ > ${file}; exec sleep 60;; esac`
  })
  const leavers = [2, 3].map(() => new AbortController())
  const first = Promise.all([0, 1].map((number) => ask(tree, number)))
  const sharing = leavers.map((leaver, index) => ask(tree, index + 2, leaver.signal))
  expect(await first).toEqual(WANTED.slice(0, 2))
  const pid = await pidIn(log)
  leavers[0]?.abort()
  expect(await sharing[0]).toEqual(['aborted', 'aborted'])
  expect(isAlive(pid)).toBe(true)
  leavers[1]?.abort()
  expect(await sharing[1]).toEqual(['aborted', 'aborted'])
  expect(isAlive(pid)).toBe(false)
})

test('who comes while a walk goes on is served by one that begins later', async () => {
  const { tree } = await openGathered(() => 'case "$*" in *word0*|*word1*) sleep 0.3;; esac')
  const first = [0, 1].map((number) => ask(tree, number))
  await delay(100)
  writeFileSync(join(tree.root, 'new.py'), 'word5\n')
  expect(await Promise.all([ask(tree, 5), ask(tree, 6)])).toEqual([[['f5.py', 'new.py'], ['f5.py']], WANTED[6]])
  expect(await Promise.all(first)).toEqual(WANTED.slice(0, 2))
})

async function pidIn(file: string): Promise<number> {
  while (!existsSync(file) || readFileSync(file, 'utf8').trim() === '') await delay(10)
  return Number(readFileSync(file, 'utf8'))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
