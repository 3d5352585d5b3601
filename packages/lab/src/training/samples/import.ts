import { createHash } from 'node:crypto'
import { type ErrorCode, FuseSearchError } from 'fusesearch/core'
import { ObjectReader, type RepositoryRequest, resolveRepository } from 'fusesearch/git'
import {
  type Dataset,
  type Fix,
  fixFromCommits,
  fixOf,
  type Instance,
  repositoryIdentity,
} from '../../datasets/index.ts'
import { FILTERS, type FilterName, filterGold, filterText, type KeptChanges } from './filters.ts'
import { type Exclusions, filterRepository } from './repositories.ts'
import { countBy, makeSample, type Sample, type Tally } from './sample.ts'

/** A dataset, and the name of the source in its samples. */
export interface ImportInput {
  readonly source: string
  readonly dataset: Dataset
}

/** What to import, and where the repositories are. */
export interface ImportRequest {
  readonly inputs: readonly ImportInput[]
  readonly repositories: Omit<RepositoryRequest, 'repo' | 'signal'>
  readonly exclusions: Exclusions
  /** Keeps samples that add files or functions, which the paper drops. */
  readonly keeps: KeptChanges
  readonly tally: Tally
  readonly signal: AbortSignal
  /** Called before each repository with the number done so far. */
  readonly onRepository?: (repo: string, done: number, all: number) => void
}

interface Row {
  readonly source: string
  readonly instance: Instance
  readonly order: number
}

/**
 * Turns datasets of any known form into samples, in their order; the tally counts what was dropped. Gold is defined by
 * `fixOf`. Rejects when aborted, and with failures that concern more than one row (a bad template, no git).
 */
export async function importSamples(request: ImportRequest): Promise<readonly Sample[]> {
  const groups = groupRows(request)
  const found: { readonly order: number; readonly sample: Sample }[] = []
  for (const [index, rows] of groups.entries()) {
    request.onRepository?.(rows[0]?.instance.repo ?? '', index, groups.length)
    for (const one of await importRepository(rows, request)) found.push(one)
  }
  return withoutDuplicates(
    found.sort((a, b) => a.order - b.order).map(({ sample }) => sample),
    request.tally,
  )
}

/** Rows by repository, so that each is opened once. Bad rows and refused repositories are counted here. */
function groupRows({ inputs, exclusions, tally }: ImportRequest): readonly (readonly Row[])[] {
  const groups = new Map<string, Row[]>()
  let order = 0
  for (const { source, dataset } of inputs) {
    tally.read(source, dataset.instances.length + dataset.skipped.length)
    for (const bad of dataset.skipped) {
      tally.drop(source, 'bad-row')
      tally.name({ name: `${source}:${bad.line}`, filter: 'bad-row', reason: bad.message })
    }
    for (const instance of dataset.instances) {
      const filter = filterRepository(instance.repo, exclusions) ?? filterText(instance.issue)
      if (filter !== undefined) {
        tally.drop(source, filter)
        continue
      }
      const key = instance.repo.toLowerCase()
      const rows = groups.get(key) ?? []
      rows.push({ source, instance, order: order++ })
      groups.set(key, rows)
    }
    nameRefused(dataset, exclusions, tally)
  }
  return [...groups.values()]
}

function nameRefused({ instances }: Dataset, exclusions: Exclusions, tally: Tally): void {
  for (const [repo, rows] of Object.entries(countBy(instances.map((instance) => instance.repo)))) {
    const filter = filterRepository(repo, exclusions)
    if (filter !== undefined) tally.name({ name: repo, filter, reason: `${rows} rows: ${FILTERS[filter]}` })
  }
}

async function importRepository(
  rows: readonly Row[],
  request: ImportRequest,
): Promise<readonly { order: number; sample: Sample }[]> {
  const { signal, tally, repositories } = request
  const repo = rows[0]?.instance.repo ?? ''
  const repository = await resolveRepository({ ...repositories, repo, signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    if (!(error instanceof FuseSearchError) || error.code !== 'repository-missing') throw error
    for (const { source } of rows) tally.drop(source, 'repository-missing')
    tally.name({ name: repo, filter: 'repository-missing', reason: `${rows.length} rows` })
  })
  if (repository === undefined) return []
  const found: { order: number; sample: Sample }[] = []
  let objects = new ObjectReader(repository)
  try {
    for (const row of rows) {
      signal.throwIfAborted()
      const result = await importRow(row, { objects, request })
      if (typeof result !== 'string') found.push({ order: row.order, sample: result })
      else if (result === 'contents-missing') {
        // The git process has ended, so the next row gets a new one.
        objects.close()
        objects = new ObjectReader(repository)
      }
    }
    return found
  } finally {
    objects.close()
  }
}

/** The sample of a row, or the filter that dropped it. */
async function importRow(
  { source, instance }: Row,
  { objects, request }: { objects: ObjectReader; request: ImportRequest },
): Promise<Sample | FilterName> {
  const { keeps, signal, tally } = request
  try {
    const fix = await fixOrCommits({ source, instance }, { objects, request })
    const filter = filterGold(fix.gold, keeps)
    if (filter !== undefined) {
      tally.drop(source, filter)
      return filter
    }
    const { id, repo, issue: text, createdAt, language } = instance
    return makeSample({ id, repo, text, createdAt, language, source, kind: 'issue' }, fix)
  } catch (error) {
    signal.throwIfAborted()
    const filter = filterOfError(error)
    tally.drop(source, filter)
    tally.name({ name: instance.id, filter, reason: reasonOf(filter, error) })
    return filter
  }
}

/** The fix by its patch, or by its commits when the patch doesn't apply and the row names both. */
async function fixOrCommits(
  { source, instance }: Omit<Row, 'order'>,
  { objects, request }: { objects: ObjectReader; request: ImportRequest },
): Promise<Fix> {
  try {
    return await fixOf(instance, objects, request.signal)
  } catch (error) {
    if (!(error instanceof FuseSearchError) || error.code !== 'bad-patch') throw error
    const fix = await fixFromCommits(instance, objects, request.signal)
    if (fix === undefined) throw error
    request.tally.compare(source)
    return fix
  }
}

/**
 * The filter for an error of one row or commit.
 * @throws the error itself when it concerns more than one row.
 */
export function filterOfError(error: unknown): FilterName {
  if (!(error instanceof FuseSearchError)) throw error
  const filter = FILTER_OF_CODE[error.code]
  if (filter === undefined) throw error
  return filter
}

/** The error's message, unless it may reveal where a repository is on this machine. */
export function reasonOf(filter: FilterName, error: unknown): string {
  return filter === 'patch-unreadable' && error instanceof Error ? error.message : FILTERS[filter]
}

const FILTER_OF_CODE: Readonly<Partial<Record<ErrorCode, FilterName>>> = {
  'unknown-commit': 'commit-missing',
  'snapshot-failed': 'contents-missing',
  'git-failed': 'contents-missing',
  'bad-patch': 'patch-unreadable',
  'bad-dataset': 'patch-unreadable',
}

function withoutDuplicates(samples: readonly Sample[], tally: Tally): readonly Sample[] {
  const seen = new Set<string>()
  return samples.filter((sample) => {
    const change = JSON.stringify([sample.gold.files, sample.gold.functions, changedLines(sample.patch ?? '')])
    const keys = [
      `id ${sample.id.toLowerCase()}`,
      `fix ${repositoryIdentity(sample.repo)} ${sample.baseCommit} ${createHash('sha256').update(change).digest('hex')}`,
    ]
    const isKnown = keys.some((key) => seen.has(key))
    for (const key of keys) seen.add(key)
    if (isKnown) tally.drop(sample.source, 'duplicate')
    return !isKnown
  })
}

/** The changed lines, which don't depend on the tool that made the patch. */
function changedLines(patch: string): readonly string[] {
  return patch.split('\n').filter((line) => /^[+-](?!\+\+ |-- )/.test(line))
}
