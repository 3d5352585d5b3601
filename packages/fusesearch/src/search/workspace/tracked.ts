import type { Tree } from '../tree.ts'

/** Begins to ask git which ignored files of the tree it tracks, beside the policy's first thoughts. */
export async function findTracked({ root, walkRules }: Tree, signal: AbortSignal): Promise<void> {
  if (walkRules.ignoreRules === 'none' || walkRules.tracked.length > 0) return
  const { trackedIgnored } = await import('../../git/index.ts')
  walkRules.tracked = await trackedIgnored(root, process.env, signal)
}
