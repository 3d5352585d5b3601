import type { Tree } from '../tree.ts'

/** Begins to ask git which tracked files a walk of the tree doesn't meet, beside the policy's first thoughts. */
export async function findTracked({ root, walkRules }: Tree, signal: AbortSignal): Promise<void> {
  if (walkRules.ignoreRules === 'none' || walkRules.tracked.length > 0) return
  const { unmetFiles } = await import('../../git/index.ts')
  const { ignored, absent } = await unmetFiles(root, process.env, signal)
  walkRules.tracked = ignored
  walkRules.absent = absent
}
