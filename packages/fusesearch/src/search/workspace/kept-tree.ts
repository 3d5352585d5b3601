import { createGatherer, type Gatherer } from '../grep/gather.ts'
import { openTree, type Tree, type TreeOptions } from '../tree.ts'
import { type Moment, nextMoment } from './moment.ts'
import { createSizes, type Sizes } from './sizes.ts'
import { areCurrent, type Stamps, takeStamps } from './stamps.ts'
import { findTracked } from './tracked.ts'

/** A listed tree and what proves that its list still holds. */
export interface KeptTree {
  readonly tree: Tree
  readonly paths: readonly string[]
  readonly stamps: Stamps
  readonly sizes: Sizes
  /** Of all who search it at the same time. */
  readonly gatherer: Gatherer
  /** When the stamps were last seen to hold. */
  proved: Moment
}

/**
 * Lists a tree so that the list can be proved later. Undefined when that can't be done now, because the tree changes
 * or can't be read in part; `too-large` when it never can.
 */
export async function keepTree(options: TreeOptions, signal: AbortSignal): Promise<KeptTree | 'too-large' | undefined> {
  const tree = await openTree(options)
  await findTracked(tree, signal)
  // Ignore files above the root count too, and nothing here would see them change.
  if (tree.walkRules.parentIgnores) return 'too-large'
  const stamps = await takeStamps({ root: tree.root, signal })
  if (stamps === undefined || stamps === 'too-large') return stamps
  // Listed between the stamps and a second look at them, so that no change can fall between list and stamps.
  const paths = await tree.listFiles(signal)
  const proved = nextMoment()
  if (!areCurrent(stamps)) return undefined
  return { tree, paths, stamps, sizes: createSizes(tree, paths), gatherer: createGatherer(tree), proved }
}

/**
 * True when a listing of this opened tree would give what is kept, at some moment after `since`: of many who ask at
 * the same time the first one looks, and that serves all who had asked by then.
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

/** The kept tree as one that is searched by who asked at `since`: its list as it is, sizes as they are after that. */
export function openKept({ tree, sizes, gatherer }: KeptTree, since: Moment): Tree {
  return { ...tree, gatherer, listFilesAbove: (question, signal) => sizes.above(question, since, signal) }
}
