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
