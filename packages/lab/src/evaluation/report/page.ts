import { readFile, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parseTrajectory } from 'fusesearch/agent'
import {
  describeRun,
  type EvaluationData,
  type InstanceDetail,
  type ShownInstance,
  type ShownRun,
} from 'fusesearch/view'
import { compareSubsets, type Pair } from '../compare/paired.ts'
import { levelScore, selectSubset } from '../metrics/quality.ts'
import type { PolicySummary } from '../metrics/summary.ts'
import type { Row } from '../row.ts'
import { ANCHORS } from './run-summary.ts'

/** One policy of the page. */
export interface PageSide {
  /** Its name on the page. */
  readonly label: string
  readonly summary: PolicySummary
  readonly rows: readonly Row[]
  /** The run's folder, the base of the trajectories' paths. */
  readonly folderOf: (row: Row) => string
}

interface PageOptions extends Pick<EvaluationData, 'title' | 'commands' | 'facts'> {
  readonly sides: readonly PageSide[]
}

/** Bytes of packed trajectories in a page, so that it still opens quickly. A packed search has about 5 kB. */
const MAX_DETAIL_BYTES = 40_000_000

/** The data of an evaluation's page: the numbers of the summary, and each instance with its trajectories. */
export async function evaluationData({ sides, ...about }: PageOptions): Promise<EvaluationData> {
  const byId = sides.map(({ rows }) => new Map(rows.map((row) => [row.id, row])))
  const ids = [...new Set(sides.flatMap(({ rows }) => rows.map(({ id }) => id)))]
  const instances: ShownInstance[] = []
  const unread: string[] = []
  let [room, left] = [MAX_DETAIL_BYTES, 0]
  for (const id of ids) {
    const rows = byId.map((own) => own.get(id) ?? null)
    const detail = room > 0 ? await packedDetail(sides, rows, unread) : null
    room -= detail?.length ?? 0
    if (detail === null) left += 1
    instances.push({ ...describeRows(id, rows), detail })
  }
  return {
    kind: 'evaluation',
    ...about,
    policies: sides.map(({ label, summary }) => ({ ...summary, policy: label })),
    pairs: pairsOf(byId),
    instances,
    published: ANCHORS,
    notices: [...(left === 0 ? [] : [leftOut(left, ids.length)]), ...notRead(unread)],
  }
}

function notRead(unread: readonly string[]): readonly string[] {
  const [first] = unread
  return first === undefined ? [] : [`Left out ${unread.length} trajectories that can't be read. ${first}`]
}

function leftOut(left: number, all: number): string {
  return `This page leaves out the trajectories of ${left} of ${all} instances, because it holds at most ${MAX_DETAIL_BYTES / 1_000_000} MB of them. Show one with: fusesearch view trajectories/POLICY/INSTANCE.jsonl`
}

function pairsOf(byId: readonly ReadonlyMap<string, Row>[]): EvaluationData['pairs'] {
  return byId.flatMap((first, a) =>
    byId.slice(a + 1).map((second, index) => {
      const pairs = [...first.values()].flatMap((row): Pair[] => {
        const other = second.get(row.id)
        return other === undefined ? [] : [{ a: row, b: other }]
      })
      return { a, b: a + 1 + index, subsets: compareSubsets(pairs) }
    }),
  )
}

function describeRows(id: string, rows: readonly (Row | null)[]): Omit<ShownInstance, 'detail'> {
  const known = rows.filter((row) => row !== null)
  const [first] = known
  return {
    id,
    repository: first?.repository ?? '',
    language: first?.language ?? 'other',
    kinds: first?.kinds ?? [],
    isKept: selectSubset(known, 'kept').length > 0,
    outcomes: rows.map(outcomeOf),
  }
}

function outcomeOf(row: Row | null): ShownInstance['outcomes'][number] {
  if (row === null) return null
  const scores = { fileF1: levelScore(row, 'file')?.f1 ?? null, functionF1: levelScore(row, 'function')?.f1 ?? null }
  if (row.status === 'failed') {
    return { ...scores, turns: 0, calls: 0, ms: 0, tokens: null, efficiency: null, error: row.error }
  }
  const { turns, calls, ms, efficiency, model } = row.stats
  const tokens = model === undefined ? null : model.inputTokens + model.outputTokens
  return { ...scores, turns, calls, ms: Math.round(ms.total), tokens, efficiency, error: null }
}

/** JSON in gzip in base 64: a page contains thousands of searches and unpacks only those that are opened. */
async function packedDetail(
  sides: readonly PageSide[],
  rows: readonly (Row | null)[],
  unread: string[],
): Promise<string> {
  const runs = await Promise.all(
    rows.map((row, index) => {
      const side = sides[index]
      if (row === null || row.trajectory === null || side === undefined) return Promise.resolve(null)
      return readRun({ folder: side.folderOf(row), name: row.trajectory }, side.label, unread)
    }),
  )
  const gold = rows.find((row) => row !== null && row.gold !== null)?.gold ?? null
  const answers = rows.map((row) => (row?.status === 'done' ? { files: row.files, functions: row.functions } : null))
  const detail: InstanceDetail = {
    gold: gold === null ? null : { files: gold.files, functions: gold.functions },
    answers,
    runs,
  }
  return gzipSync(JSON.stringify(detail)).toString('base64')
}

/**
 * Null if there is no file, for example after an early failure; a file that can't be read is noted. A run's folder may
 * come from somebody else, so only regular files inside it are read.
 */
async function readRun(
  at: { folder: string; name: string },
  label: string,
  unread: string[],
): Promise<ShownRun | null> {
  const path = join(at.folder, at.name)
  try {
    const [folder, real] = await Promise.all([realpath(at.folder), realpath(path)])
    if (!real.startsWith(`${folder}${sep}`) || !(await stat(real)).isFile()) {
      unread.push(`${at.name} isn't a file in the folder of its run`)
      return null
    }
    const text = await readFile(real, 'utf8')
    return describeRun(label, await parseTrajectory(text, path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') unread.push(error instanceof Error ? error.message : path)
    return null
  }
}
