import { FuseSearchError } from 'fusesearch/core'
import { diffBetween, filesAtCommit, type ObjectReader } from 'fusesearch/git'
import { baseCommitOf, type Instance } from '../instance.ts'
import { declaredGold, extractGold, type Gold } from './gold.ts'
import { isTestPath, readPatch, withoutFiles } from './patch.ts'

/** An instance's gold and the commit that it refers to. */
export interface GoldAtBase {
  readonly baseCommit: string
  readonly gold: Gold
}

/**
 * The gold of an instance; see {@link fixOf}.
 * @throws FuseSearchError `bad-patch`, `unknown-commit`, `snapshot-failed` or `git-failed`, only for this instance.
 */
export async function goldOf(instance: Instance, objects: ObjectReader, signal?: AbortSignal): Promise<GoldAtBase> {
  const { baseCommit, gold } = await fixOf(instance, objects, signal)
  return { baseCommit, gold }
}

/** What a fix changed, and its patch. */
export interface Fix {
  readonly baseCommit: string
  readonly gold: Gold
  /** From `baseCommit` to the fix, without tests when it was read from commits; undefined for declared gold. */
  readonly patch: string | undefined
}

/**
 * The fix of an instance: its patch; otherwise, if the row names only the fix, the difference to the fix's first parent
 * without its tests; otherwise the declared files and functions.
 * `objects` reads the instance's repository and may serve many instances of it.
 * @throws FuseSearchError `bad-patch`, `unknown-commit`, `snapshot-failed` or `git-failed`, only for this instance.
 */
export async function fixOf(instance: Instance, objects: ObjectReader, signal?: AbortSignal): Promise<Fix> {
  const baseCommit = await baseCommitOf(instance, objects.repository, signal)
  if (instance.patch === undefined && instance.baseCommit === undefined && instance.fixCommit !== undefined) {
    return fixBetween(objects, { from: baseCommit, to: instance.fixCommit }, signal)
  }
  const base = filesAtCommit(objects, baseCommit)
  const readFile = (path: string): Promise<string | undefined> => base.readFile(path)
  const { patch, declared } = instance
  if (patch !== undefined) return { baseCommit, gold: await extractGold({ patch, readFile }), patch }
  if (declared !== undefined) return { baseCommit, gold: await declaredGold({ declared, readFile }), patch: undefined }
  const message = `${instance.id} has neither a patch nor declared files. Leave the row out.`
  throw new FuseSearchError(message, { code: 'bad-dataset' })
}

/**
 * The fix of an instance read from its commits, for a patch that doesn't apply to the base commit (Defects4J's patches
 * are made against cleaned sources): the changes between base and fix in the files that the patch names.
 * Undefined unless the row has a patch and both commits.
 * @throws FuseSearchError like {@link fixOf}.
 */
export async function fixFromCommits(
  instance: Instance,
  objects: ObjectReader,
  signal?: AbortSignal,
): Promise<Fix | undefined> {
  const { baseCommit, fixCommit, patch } = instance
  if (baseCommit === undefined || fixCommit === undefined || patch === undefined) return undefined
  const from = await baseCommitOf(instance, objects.repository, signal)
  const to = await baseCommitOf({ ...instance, baseCommit: fixCommit }, objects.repository, signal)
  const named = new Set(readPatch(patch).flatMap(({ oldPath, newPath }) => [oldPath, newPath]))
  return fixBetween(objects, { from, to, isLeftOut: (path) => !named.has(path) }, signal)
}

/** Two commits as full hashes, and the paths that are left out of their difference, besides tests. */
export interface FixCommits {
  readonly from: string
  readonly to: string
  readonly isLeftOut?: (path: string) => boolean
}

/**
 * The fix between two commits, its tests dropped.
 * @throws FuseSearchError like {@link fixOf}; `bad-patch` if nothing is left of the difference.
 */
export async function fixBetween(objects: ObjectReader, commits: FixCommits, signal?: AbortSignal): Promise<Fix> {
  const { from, to, isLeftOut } = commits
  const base = filesAtCommit(objects, from)
  const whole = await diffBetween(objects.repository, { from, to }, signal)
  const patch = isLeftOut === undefined ? whole : withoutFiles(whole, isLeftOut)
  const gold = await extractGold({ patch, readFile: (path) => base.readFile(path), dropTests: true })
  return { baseCommit: from, gold, patch: withoutFiles(patch, isTestPath) }
}
