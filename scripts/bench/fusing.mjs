// A fused turn of eight greps compared with each of the eight alone, and with eight ripgrep processes at once.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { drawIdentifiers } from './identifiers.mjs'
import { median, round } from './statistics.mjs'

const NAMES_OF_EACH = 4

/**
 * `fusedOverOne`: the fused turn over the mean of the eight alone, with the same options.
 * `separateOverFused`: eight ripgrep processes at once, with the same patterns and options, over the fused turn.
 * Each round runs all three; the result is the ratio of medians over the rounds.
 */
export async function measureFusing(root, folder, rounds) {
  const dist = join(root, 'packages/fusesearch/dist')
  const { openWorkspace } = await import(pathToFileURL(join(dist, 'search/index.js')).href)
  const { PROGRAM_LIMITS } = await import(pathToFileURL(join(dist, 'search/index.js')).href)
  const { rare, common, files } = await drawIdentifiers(dist, folder, NAMES_OF_EACH)
  const calls = [...rare, ...common].map((pattern) => ({
    tool: 'grep',
    arguments: { pattern, literal: true, word: true },
  }))
  const workspace = await openWorkspace({ root: folder, ignoreRules: 'respect' })
  const options = {
    limits: PROGRAM_LIMITS,
    bytesLeft: PROGRAM_LIMITS.maxBytesPerRun,
    signal: new AbortController().signal,
  }
  const times = { one: [], fused: [], separate: [] }
  await workspace.runTurn(calls, options)
  for (let number = 0; number < rounds; number += 1) {
    let alone = 0
    for (const call of calls) alone += await timed(() => workspace.runTurn([call], options))
    times.one.push(alone / calls.length)
    times.fused.push(await timed(() => workspace.runTurn(calls, options)))
    times.separate.push(
      await timed(() =>
        Promise.all(calls.map((call) => runRipgrep(workspace.tree.rg, folder, call.arguments.pattern))),
      ),
    )
  }
  await workspace.close()
  const fused = median(times.fused)
  return {
    files,
    fusedOverOne: round(fused / median(times.one)),
    separateOverFused: round(median(times.separate) / fused),
  }
}

async function timed(run) {
  const start = performance.now()
  await run()
  return performance.now() - start
}

function runRipgrep(rg, cwd, pattern) {
  const argv = [
    '--no-config',
    '--no-require-git',
    '--line-number',
    '--with-filename',
    '--word-regexp',
    '--fixed-strings',
    '-e',
    pattern,
    '--',
    './',
  ]
  return new Promise((done, failed) => {
    const child = spawn(rg, argv, { cwd, stdio: ['ignore', 'pipe', 'ignore'] })
    child.stdout.resume()
    child.on('error', failed)
    child.on('close', done)
  })
}
