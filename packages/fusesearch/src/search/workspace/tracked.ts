import { WalkWatch } from '../grep/walked.ts'
import { keyOfPath } from '../names.ts'
import type { Tree } from '../tree.ts'

/** Asks git which tracked files a walk of the tree would miss. Walks that begin before its answer add them at their end. */
export function findTracked(tree: Tree, signal: AbortSignal): Promise<void> {
  tree.walkRules.known = askGit(tree, signal)
  return tree.walkRules.known
}

async function askGit({ root, walkRules }: Tree, signal: AbortSignal): Promise<void> {
  if (walkRules.ignoreRules === 'none' || walkRules.tracked.length > 0) return
  const { unmetFiles } = await import('../../git/index.ts')
  const { ignored, absent, isUnsure } = await unmetFiles(root, process.env, signal)
  walkRules.tracked = regularFiles(root, ignored)
  walkRules.absent = absent
  walkRules.isUnsure = isUnsure
}

/** Those that are files inside the root: a link, a folder or a pipe may lie where git tracks a file. */
function regularFiles(root: string, paths: readonly string[]): readonly string[] {
  const watch = new WalkWatch(root, Number.POSITIVE_INFINITY, paths)
  return paths.filter((path) => watch.isSure(keyOfPath(path)))
}
