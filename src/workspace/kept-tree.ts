import { lstatSync } from 'node:fs'
import { openTree, type Tree, type TreeOptions } from '../tools/index.ts'
import { areCurrent, type Stamps, takeStamps } from './stamps.ts'

/** A listed tree and what proves that its list still holds. */
export interface KeptTree {
  readonly tree: Tree
  readonly paths: readonly string[]
  readonly stamps: Stamps
}

/**
 * Lists a tree so that the list can be proved later. Undefined when that can't be done now, because the tree changes
 * or can't be read in part; `too-large` when it never can.
 */
export async function keepTree(options: TreeOptions, signal: AbortSignal): Promise<KeptTree | 'too-large' | undefined> {
  const tree = await openTree(options)
  // Ignore files above the root count too, and nothing here would see them change.
  if (tree.walkRules.parentIgnores) return 'too-large'
  const includesGit = (await tree.listFiles(signal)).some((path) => /(?:^|\/)\.git\//.test(path))
  const stamps = await takeStamps({ root: tree.root, includesGit, signal })
  if (stamps === undefined || stamps === 'too-large') return stamps
  // Listed once more: what changed between the first listing and a stamp shows in neither stamp nor that listing.
  const again = await openTree(options)
  const paths = await again.listFiles(signal)
  return areCurrent(stamps) ? { tree: again, paths, stamps } : undefined
}

/** True when a listing of this opened tree would give what is kept. */
export function holds(kept: KeptTree, opened: Tree): boolean {
  const isSame = kept.tree.root === opened.root && kept.tree.rg === opened.rg
  const { ignoreRules, parentIgnores } = opened.walkRules
  const hasSameRules = kept.tree.walkRules.ignoreRules === ignoreRules && !parentIgnores
  return isSame && hasSameRules && areCurrent(kept.stamps)
}

/** Files looked at before other work gets its turn. */
const FILES_AT_ONCE = 500

/** The kept tree as one that is searched: its list as it is, sizes as they are now, for a file may grow in place. */
export function openKept({ tree, paths }: KeptTree): Tree {
  const sized = new Map<number, Promise<readonly string[]>>()
  return {
    ...tree,
    listFilesAbove(maxFileBytes, signal) {
      const known = sized.get(maxFileBytes)
      if (known !== undefined) return known
      const found = filesAbove({ tree, paths, maxFileBytes }, signal)
      sized.set(maxFileBytes, found)
      // One that was aborted is no answer for those who ask later.
      found.catch(() => sized.delete(maxFileBytes))
      return found
    },
  }
}

interface Sizing {
  readonly tree: Tree
  readonly paths: readonly string[]
  readonly maxFileBytes: number
}

async function filesAbove({ tree, paths, maxFileBytes }: Sizing, signal?: AbortSignal): Promise<readonly string[]> {
  const large: string[] = []
  for (const [index, path] of paths.entries()) {
    signal?.throwIfAborted()
    if (bytesOf(tree, path) > maxFileBytes) large.push(path)
    if (index % FILES_AT_ONCE === FILES_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve))
  }
  return large
}

function bytesOf(tree: Tree, path: string): number {
  try {
    return lstatSync(tree.absolutePath(path), { throwIfNoEntry: false })?.size ?? 0
  } catch {
    // Out of reach since it was listed, so no search reads it either.
    return 0
  }
}
