import {
  firstParentLine,
  type LoggedCommit,
  ObjectReader,
  type PathChange,
  pathChanges,
  type Repository,
  streamCommits,
} from 'fusesearch/git'
import { type Fix, fixBetween } from '../../datasets/index.ts'
import { type ReadCommit, readCommit } from './commits.ts'
import { type FilterName, filterGold, filterPatch, filterPaths, isRecordPath, type KeptChanges } from './filters.ts'
import { filterOfError, reasonOf } from './import.ts'
import { makeSample, type Sample, type Tally } from './sample.ts'

/** The source of mined samples. */
const MINED_SOURCE = 'history'
/** Maximum number of commits per run and repository, newest first; `--until` continues from an older one. */
export const MAX_COMMITS = 200_000
/** Commits whose changed paths are read at once. */
const BATCH = 256

/** Which history to read, and how much of it. */
export interface MineRequest {
  readonly repository: Repository
  /** `owner/name` of the samples. */
  readonly repo: string
  /** Full hash: only this commit and its ancestors are read. */
  readonly until: string
  /** Seconds since 1970; older commits are left out. */
  readonly sinceS?: number | undefined
  /** Maximum number of samples. */
  readonly limit: number
  readonly keeps: KeptChanges
  readonly tally: Tally
  readonly signal: AbortSignal
}

/** The samples of a history. */
export interface MinedHistory {
  /** Newest first. */
  readonly samples: readonly Sample[]
  /** Commits that were read. */
  readonly commits: number
  /** Older commits than {@link MAX_COMMITS} were left out. */
  readonly isCut: boolean
}

interface Entry {
  readonly commit: LoggedCommit
  readonly read: ReadCommit
}

/**
 * Samples from the commits of a repository: the message is the text, the change against the first parent is the gold,
 * and `FILTERS` applies. A commit of a merged pull request gives no sample of its own if the merge gave one. The tally
 * counts what was dropped. The same history gives the same samples.
 * @throws FuseSearchError `git-failed` when the history can't be read.
 */
export async function mineSamples(request: MineRequest): Promise<MinedHistory> {
  const { repository, until, sinceS, limit, signal, tally } = request
  const mainline = new Set(await firstParentLine(repository, until, signal))
  const miner = new Miner(request, mainline)
  let commits = 0
  let isCut = false
  let batch: Entry[] = []
  try {
    for await (const commit of streamCommits({ repository, until, sinceS, signal })) {
      isCut = commits === MAX_COMMITS
      if (isCut) break
      commits += 1
      batch.push({ commit, read: readCommit(commit) })
      if (batch.length < BATCH) continue
      await miner.take(batch)
      batch = []
      if (miner.samples.length >= limit) break
    }
    await miner.take(batch)
  } finally {
    miner.close()
  }
  tally.read(MINED_SOURCE, miner.taken)
  return { samples: miner.samples, commits: miner.taken, isCut }
}

class Miner {
  readonly samples: Sample[] = []
  /** Commits that were handled. */
  taken = 0
  readonly #request: MineRequest
  readonly #mainline: ReadonlySet<string>
  /** Commits of a merge that gave a sample. */
  readonly #covered = new Set<string>()
  #objects: ObjectReader

  constructor(request: MineRequest, mainline: ReadonlySet<string>) {
    this.#request = request
    this.#mainline = mainline
    this.#objects = new ObjectReader(request.repository)
  }

  close(): void {
    this.#objects.close()
  }

  /** Handles commits, children before parents, until there are enough samples. */
  async take(entries: readonly Entry[]): Promise<void> {
    const { limit, repository, signal, tally } = this.#request
    const asked = entries.flatMap(({ commit, read }) => (read.ok ? [commit] : []))
    const changes = await pathChanges(repository, asked, signal)
    for (const { commit, read } of entries) {
      if (this.samples.length >= limit) return
      signal.throwIfAborted()
      this.taken += 1
      const found = this.#isCovered(commit) ? 'covered-by-merge' : await this.#sampleOf(commit, read, changes)
      if (typeof found === 'string') tally.drop(MINED_SOURCE, found)
      else {
        this.samples.push(found)
        for (const parent of commit.parents.slice(1)) this.#cover(parent)
      }
    }
  }

  /** Whether a merge that gave a sample contains the commit; then it also contains the parents. */
  #isCovered({ id, parents }: LoggedCommit): boolean {
    if (!this.#covered.delete(id)) return false
    for (const parent of parents) this.#cover(parent)
    return true
  }

  #cover(id: string): void {
    if (!this.#mainline.has(id)) this.#covered.add(id)
  }

  async #sampleOf(
    commit: LoggedCommit,
    read: ReadCommit,
    changes: ReadonlyMap<string, readonly PathChange[]>,
  ): Promise<Sample | FilterName> {
    if (!read.ok) return read.filter
    const paths = changes.get(commit.id)
    const byPaths = paths === undefined ? 'contents-missing' : filterPaths(paths, this.#request.keeps)
    if (byPaths !== undefined) return byPaths
    const fix = await this.#fixOf(commit)
    if (typeof fix === 'string') return fix
    const filter = filterGold(fix.gold, this.#request.keeps) ?? filterPatch(fix.patch ?? '')
    return filter ?? makeSample(originOf(commit, read, this.#request.repo), fix)
  }

  async #fixOf({ id, parents }: LoggedCommit): Promise<Fix | FilterName> {
    const { repository, signal, tally } = this.#request
    try {
      return await fixBetween(this.#objects, { from: parents[0] ?? '', to: id, isLeftOut: isRecordPath }, signal)
    } catch (error) {
      signal.throwIfAborted()
      const filter = filterOfError(error)
      tally.name({ name: id, filter, reason: reasonOf(filter, error) })
      this.#objects.close()
      this.#objects = new ObjectReader(repository)
      return filter
    }
  }
}

function originOf(commit: LoggedCommit, read: ReadCommit & { ok: true }, repo: string): Omit<Sample, keyof Fix> {
  return {
    id: `${repo.replace('/', '__')}-${commit.id.slice(0, 12)}`,
    repo,
    text: read.text,
    createdAt: new Date(commit.committedS * 1000).toISOString(),
    language: undefined,
    source: MINED_SOURCE,
    kind: read.kind,
  }
}
