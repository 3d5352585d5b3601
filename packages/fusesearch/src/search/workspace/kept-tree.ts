import { createGatherer, type Gatherer } from '../grep/gather.ts'
import { openTree, type Tree, type TreeOptions } from '../tree.ts'
import { type Moment, nextMoment } from './moment.ts'
import { createSizes, type Sizes } from './sizes.ts'
import { areCurrent, type Stamps, takeStamps } from './stamps.ts'
import { findTracked } from './tracked.ts'

/** A tree's file list, and the stamps that show whether it is still right. */
export interface KeptTree {
  readonly tree: Tree
  readonly paths: readonly string[]
  readonly stamps: Stamps
  readonly sizes: Sizes
  /** Shared by all searches of the tree that run at the same time. */
  readonly gatherer: Gatherer
  /** When the stamps were last checked. */
  proved: Moment
}

/**
 * Lists a tree so that the list can be checked later. Undefined if that isn't possible now, because the tree is
 * changing or partly unreadable; `too-large` if it is never possible.
 */
export async function keepTree(options: TreeOptions, signal: AbortSignal): Promise<KeptTree | 'too-large' | undefined> {
  const tree = await openTree(options)
  await findTracked(tree, signal)
  // Ignore files above the root apply too, and nothing would notice their changes.
  if (tree.walkRules.parentIgnores) return 'too-large'
  const stamps = await takeStamps({ root: tree.root, signal })
  if (stamps === undefined || stamps === 'too-large') return stamps
  // The list is made between two checks of the stamps, so no change between list and stamps goes unnoticed.
  const paths = await tree.listFiles(signal)
  const proved = nextMoment()
  if (!areCurrent(stamps)) return undefined
  return { tree, paths, stamps, sizes: createSizes(tree, paths), gatherer: createGatherer(tree), proved }
}

/**
 * True if a listing of this tree at some moment after `since` would give the kept list. If many searches ask at the
 * same time, the first one checks and the others use its result.
 */
export function holds(kept: KeptTree, opened: Tree, since: Moment): boolean {
  const isSame = kept.tree.root === opened.root && kept.tree.rg === opened.rg
  const { ignoreRules, parentIgnores } = opened.walkRules
  const hasSameRules = kept.tree.walkRules.ignoreRules === ignoreRules && !parentIgnores
  if (!isSame || !hasSameRules) return false
  if (kept.proved > since) return true
  const now = nextMoment()
  if (!areCurrent(kept.stamps)) return false
  kept.proved = now
  return true
}

/** Opens a kept tree for a search that began at `since`: with the kept list, and with sizes read after that moment. */
export function openKept({ tree, sizes, gatherer }: KeptTree, since: Moment): Tree {
  return { ...tree, gatherer, listFilesAbove: (question, signal) => sizes.above(question, since, signal) }
}
