import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MODEL_LIMITS } from './limits.ts'
import { type Call } from './tool.ts'
import { openTree, type Tree } from './tree.ts'
import { runTurn } from './turn.ts'

const REQUESTS = 25
/** One of these takes less than a millisecond. */
const READ_REQUESTS = 400
/** In no file of the tree. */
const CANARY = 'canaryInTheOutside'

/** Takes the folder away, puts the link in its place and back again, thousands of times a second. */
const SWAP = `
const { renameSync } = require('node:fs')
const [folder, away, link] = process.argv.slice(1)
for (;;) {
  renameSync(folder, away)
  renameSync(link, folder)
  for (let spin = 0; spin < 2e4; spin++);
  renameSync(folder, link)
  renameSync(away, folder)
  for (let spin = 0; spin < 2e4; spin++);
}
`

let place: string
let tree: Tree
/** The exchanged folder as the root, and a root inside it. */
let moving: readonly Tree[]
let swapping: ChildProcess

beforeAll(async () => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-swap-')))
  const [root, outside] = [join(place, 'root'), join(place, 'outside')]
  for (const folder of [join(root, 'pkg/deep'), join(outside, 'deep')]) mkdirSync(folder, { recursive: true })
  for (const name of ['pkg/a.py', 'pkg/deep/b.py']) writeFileSync(join(root, name), 'def pay():\n    return apple\n')
  writeFileSync(join(root, 'top.py'), 'def pay():\n    return apple\n')
  for (const name of ['a.py', 'deep/b.py', 'deep/c.py']) {
    writeFileSync(join(outside, name), `def pay():\n    return ${CANARY}\n`)
  }
  symlinkSync(outside, join(place, 'link'))
  tree = await openTree({ root, ignoreRules: 'respect' })
  moving = await Promise.all(
    [join(root, 'pkg'), join(root, 'pkg/deep')].map((folder) => openTree({ root: folder, ignoreRules: 'respect' })),
  )
  for (const one of [tree, ...moving]) await one.listFiles()
  swapping = spawn(process.execPath, ['-e', SWAP, join(root, 'pkg'), join(place, 'away'), join(place, 'link')])
})

afterAll(async () => {
  const ended = new Promise((resolve) => swapping.once('close', resolve))
  swapping.kill('SIGKILL')
  await ended
  rmSync(place, { recursive: true, force: true })
})

const grep = (pattern: string, more: Partial<Extract<Call, { tool: 'grep' }>['arguments']>): Call => {
  return { tool: 'grep', arguments: { pattern, ...more } }
}

test.each<readonly [string, readonly Call[]]>([
  ['read_file', ['pkg/a.py', 'pkg/deep/b.py'].map((path) => ({ tool: 'read_file', arguments: { path } }))],
  ['the lines of a grep', [grep('return', {}), grep(CANARY, {})]],
  ['the lines around a match', [grep('def pay', { context: 1 })]],
  ['the paths and counts of a grep', [grep(CANARY, { mode: 'paths' }), grep('anary[A-Z]', { mode: 'counts' })]],
  ['a grep alone', [grep(`^ *return ${CANARY}$|^$`, { mode: 'paths' })]],
  ['the names that come near', [grep('canaryInTheOutsid_', {})]],
])('%s show nothing of a folder that is exchanged for a link out of the tree', async (_, calls) => {
  const leaks: string[] = []
  let found = 0
  const requests = calls.some(({ tool }) => tool === 'grep') ? REQUESTS : READ_REQUESTS
  for (let request = 0; request < requests; request++) {
    const signal = new AbortController().signal
    const { observations } = await runTurn(tree, calls, { limits: MODEL_LIMITS, bytesLeft: 4_000_000, signal })
    for (const [index, seen] of observations.entries()) {
      const shown = JSON.stringify(seen)
      // Of what only the outside holds not even a path or a number may be told.
      if (isOfOutside(calls[index]) ? /pkg\//.test(shown) : shown.includes(CANARY)) leaks.push(shown)
      if (seen.ok && /top\.py|apple/.test(shown)) found += 1
    }
  }
  expect(leaks).toEqual([])
  // What lies still is found each time, and what moves now and then.
  if (!calls.every(isOfOutside)) expect(found).toBeGreaterThan(0)
})

/** True for a call about text that only the outside holds. */
function isOfOutside(call: Call | undefined): boolean {
  return call?.tool === 'grep' && /anary/.test(call.arguments.pattern)
}

test('a glob and a list of all files name nothing of a folder that is exchanged, and what lies still each time', async () => {
  const glob: Call = { tool: 'glob', arguments: { patterns: ['**/*.py'] } }
  for (let request = 0; request < REQUESTS; request++) {
    // A tree that was listed before the exchange, and one that is listed now.
    for (const one of [tree, await openTree({ root: tree.root, ignoreRules: 'respect' })]) {
      const options = { limits: MODEL_LIMITS, bytesLeft: 4_000_000, signal: new AbortController().signal }
      const { observations } = await runTurn(one, [glob], options)
      const paths = observations.flatMap((seen) => (seen.ok && seen.tool === 'glob' ? seen.paths : []))
      for (const found of [paths, await one.listFiles()]) {
        expect(found).toContain('top.py')
        expect(found).not.toContain('pkg/deep/c.py')
      }
    }
  }
})

test('a root that is exchanged itself, or inside a folder that is, shows nothing of where the link leads', async () => {
  const calls: readonly Call[] = [
    grep('return', { context: 1 }),
    grep('canaryInTheOutsid_', {}),
    { tool: 'read_file', arguments: { path: 'a.py' } },
    { tool: 'read_file', arguments: { path: 'b.py' } },
  ]
  const leaks: string[] = []
  for (let request = 0; request < 2 * REQUESTS; request++) {
    for (const one of moving) {
      const options = { limits: MODEL_LIMITS, bytesLeft: 4_000_000, signal: new AbortController().signal }
      // The folder may be gone for a moment, which is the world's failure.
      const turn = await runTurn(one, calls, options).catch(() => undefined)
      for (const seen of turn?.observations ?? []) {
        const shown = JSON.stringify(seen)
        if (shown.includes(CANARY)) leaks.push(shown)
      }
    }
  }
  expect(leaks).toEqual([])
})
