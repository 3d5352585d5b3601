import { FuseSearchError } from '../../core/index.ts'
import { diffBetween, type FilesAtCommit, filesAtCommit, type ObjectReader } from '../../repositories/index.ts'
import { baseCommitOf, type Instance } from '../instance.ts'
import { declaredGold } from './declared.ts'
import { extractGold, type Gold } from './gold.ts'

/** An instance's gold and the commit that it speaks of. */
export interface GoldAtBase {
  readonly baseCommit: string
  readonly gold: Gold
}

/**
 * The gold of an instance: from its patch; from the difference between the fix and its first parent where the fix
 * alone is named (tests dropped, since such a fix holds them too); else from what the row declares.
 * `objects` reads the instance's repository and may serve many instances of it.
 * @throws FuseSearchError `bad-patch`, `unknown-commit`, `snapshot-failed` or `git-failed`, for this instance alone.
 */
export async function goldOf(instance: Instance, objects: ObjectReader, signal?: AbortSignal): Promise<GoldAtBase> {
  const { repository } = objects
  const baseCommit = await baseCommitOf(instance, repository, signal)
  return { baseCommit, gold: await goldAt(instance, { objects, base: filesAtCommit(objects, baseCommit), signal }) }
}

interface GoldSource {
  readonly objects: ObjectReader
  readonly base: FilesAtCommit
  readonly signal: AbortSignal | undefined
}

async function goldAt(instance: Instance, source: GoldSource): Promise<Gold> {
  const { objects, base, signal } = source
  const readFile = (path: string): Promise<string | undefined> => base.readFile(path)
  if (instance.patch !== undefined) return extractGold({ patch: instance.patch, readFile })
  if (instance.fixCommit !== undefined) {
    const patch = await diffBetween(objects.repository, { from: base.commit, to: instance.fixCommit }, signal)
    return extractGold({ patch, readFile, dropTests: true })
  }
  if (instance.declared !== undefined) return declaredGold({ declared: instance.declared, readFile })
  const message = `${instance.id} has neither a patch nor declared files. Leave the row out.`
  throw new FuseSearchError(message, { code: 'bad-dataset' })
}
