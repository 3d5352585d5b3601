import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { git, temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { createGatherer } from '../grep/gather.ts'
import { PROGRAM_LIMITS } from '../limits.ts'
import type { Call } from '../tool.ts'
import { openTree, type Tree } from '../tree.ts'
import { runTurn } from '../turn.ts'
import { openWorkspace } from './workspace.ts'

const CALLS: readonly Call[] = [
  { tool: 'glob', arguments: { patterns: ['**/*.py'] } },
  { tool: 'grep', arguments: { pattern: 'route' } },
  { tool: 'grep', arguments: { pattern: 'def', mode: 'counts' } },
  { tool: 'grep', arguments: { pattern: 'r.ute', mode: 'paths' } },
  { tool: 'grep', arguments: { pattern: '(?m)^def \\w+', mode: 'counts' } },
  { tool: 'grep', arguments: { pattern: 'only_here' } },
]

function repository(): string {
  const root = writeFiles(temporaryFolder(), {
    '.gitignore': '*.made.py\n',
    'lib/app.py': 'def route():\n    return 1\n',
    'lib/route.made.py': 'def route():\n    return only_here\n',
    'lib/untracked.made.py': 'def route():\n    return 3\n',
  })
  git(root, 'init', '-q')
  git(root, 'add', '-f', 'lib/route.made.py')
  return root
}

async function observe(tree: Tree): Promise<unknown> {
  const { signal } = new AbortController()
  const { observations } = await runTurn(tree, CALLS, { limits: PROGRAM_LIMITS, bytesLeft: 1_000_000, signal })
  return observations
}

test.each([false, true])('walks add the tracked files that git names late (shared walks: %s)', async (isShared) => {
  const root = repository()
  const open = async (): Promise<Tree> => {
    const tree = await openTree({ root, ignoreRules: 'respect' })
    return isShared ? { ...tree, gatherer: createGatherer(tree) } : tree
  }
  const [early, late] = [await open(), await open()]
  early.walkRules.tracked = ['lib/route.made.py']
  late.walkRules.known = passed(300).then(() => {
    late.walkRules.tracked = ['lib/route.made.py']
  })
  const found = await observe(late)
  expect(found).toEqual(await observe(early))
  const text = JSON.stringify(found)
  expect(text).toContain('only_here')
  expect(text).not.toContain('untracked.made.py')
  // The listing has it once, and the files that only the late walk has are checked as the others are.
  expect(await late.listFiles()).toEqual(['.gitignore', 'lib/app.py', 'lib/route.made.py'])
})

test("a workspace's first turn finds them, and its own git is asked", async () => {
  const workspace = await openWorkspace({ root: repository() })
  try {
    const { signal } = new AbortController()
    const options = { limits: PROGRAM_LIMITS, bytesLeft: 1_000_000, signal }
    const { observations } = await workspace.runTurn(CALLS, options)
    expect(JSON.stringify(observations)).toContain('only_here')
  } finally {
    await workspace.close()
  }
})

/** What lies outside, and git's own settings, have this text. */
const SECRET = 'route_secret'

/** A repository that ignores all and tracks, besides a plain file, names of what lies outside it. */
function hostileRepository(): string {
  const folder = writeFiles(temporaryFolder(), { 'outside.py': SECRET, 'outside/deep.py': SECRET, 'away.py': SECRET })
  const root = writeFiles(join(folder, 'root'), {
    '.gitignore': '*\n',
    'kept.py': 'def route():\n    return kept\n',
    'link.py': 'x',
    'linked/deep.py': 'x',
    'swapped.py': 'x',
    'pipe.py': 'x',
    'folder.py': 'x',
    // These names are changed in the index, into others of the same length that git would not add.
    'up/outside.py': 'x',
    'agit/config': 'x',
  })
  git(root, 'init', '-q')
  git(root, 'add', '-f', '.')
  const index = join(root, '.git/index')
  const bytes = readFileSync(index, 'latin1')
  writeFileSync(index, bytes.replace('up/outside.py', '../outside.py').replace('agit/config', '.git/config'), 'latin1')
  appendFileSync(join(root, '.git/config'), `[remote "x"]\n\turl = ${SECRET}\n`)
  for (const path of ['link.py', 'linked', 'pipe.py', 'folder.py']) rmSync(join(root, path), { recursive: true })
  symlinkSync('../outside.py', join(root, 'link.py'))
  symlinkSync('../outside', join(root, 'linked'))
  execFileSync('mkfifo', [join(root, 'pipe.py')])
  writeFiles(root, { 'folder.py/inner.py': SECRET })
  return root
}

test('tracked names that lead outside are not searched, and pipes are not opened', async () => {
  const root = hostileRepository()
  expect(git(root, 'ls-files').split('\n')).toEqual(expect.arrayContaining(['../outside.py', '.git/config']))
  const workspace = await openWorkspace({ root })
  try {
    const { signal } = new AbortController()
    const near: Call = { tool: 'grep', arguments: { pattern: 'route_secrets' } }
    const limits = { ...PROGRAM_LIMITS, suggestions: 5 }
    const { observations } = await workspace.runTurn([...CALLS, near], { limits, bytesLeft: 1_000_000, signal })
    expect(JSON.stringify(observations)).not.toContain('secret')
    expect(JSON.stringify(observations)).toContain('def route')
    expect(await workspace.tree.listFiles()).toEqual(['.gitignore', 'kept.py', 'swapped.py'])
  } finally {
    await workspace.close()
  }
})

test('a tracked file that became a link since git was asked is left out', async () => {
  const root = hostileRepository()
  const tree = await openTree({ root, ignoreRules: 'respect' })
  tree.walkRules.tracked = ['kept.py', 'swapped.py']
  rmSync(join(root, 'swapped.py'))
  symlinkSync('../away.py', join(root, 'swapped.py'))
  const text = JSON.stringify(await observe(tree))
  expect(text).toContain('def route')
  expect(text).not.toContain('secret')
})
