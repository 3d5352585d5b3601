import { levelScore } from '../metrics/quality.ts'
import { meanOf, roundTo, toPercent } from '../metrics/statistics.ts'
import { type PolicySummary, summarizePolicies } from '../metrics/summary.ts'
import type { DoneRow, Row } from '../row.ts'
import type { FinishedRun } from '../run/evaluate.ts'
import type { RunIdentity, RunSetup } from '../run/folder.ts'

/** Time of the run and of the work around its searches. */
interface RunCost {
  /** Wall-clock time of the last part of the run, and the rows that it added. */
  readonly wallMs: number
  readonly added: number
  /** Mean milliseconds of a row: the search itself, the harness around it, and the snapshot before it. */
  readonly searchMs: number | null
  readonly harnessMs: number | null
  readonly snapshotMs: number | null
  /** Harness time over search time, percent. */
  readonly harnessShare: number | null
}

/** An instance that failed. */
interface FailedInstance {
  readonly id: string
  readonly policy: string
  readonly code: string
  readonly message: string
}

/** Files that weren't searched, because the repositories lack their contents. */
interface MissingSummary {
  readonly instances: number
  readonly files: number
}

/** A wrong answer with high confidence. Percentages. */
interface Miss {
  readonly id: string
  readonly policy: string
  readonly confidence: number
  readonly answered: readonly string[]
  readonly gold: readonly string[]
  /** Rank of the first gold file, from 1; null if it isn't ranked. */
  readonly goldRank: number | null
  readonly trajectory: string | null
}

/**
 * `summary.json` and the object of `fusesearch eval --json`: every number of the report. Percentages have one decimal;
 * times are milliseconds; intervals are 95% percentile bootstrap.
 */
export interface RunSummary {
  readonly version: 1
  readonly setup: RunSetup
  readonly identity: RunIdentity
  readonly cost: RunCost
  readonly policies: readonly PolicySummary[]
  readonly keptIds: readonly string[]
  readonly failed: readonly FailedInstance[]
  /** Contents missing from partial clones; each instance that ran counts once. */
  readonly missing: MissingSummary
  readonly misses: readonly Miss[]
  readonly anchors: readonly Anchor[]
}

/** Misses listed per policy. */
const SHOWN_MISSES = 10

/** Makes the summary of a finished run. */
export function summarizeRun({ header, rows, wallMs, added }: FinishedRun): RunSummary {
  const { policies } = header.identity
  return {
    version: 1,
    setup: header.setup,
    identity: header.identity,
    cost: { wallMs: Math.round(wallMs), added, ...costOf(rows.filter((row) => row.status === 'done')) },
    policies: summarizePolicies(rows, policies),
    keptIds: [...new Set(rows.filter((row) => row.gold?.kept === true).map(({ id }) => id))],
    failed: rows.flatMap((row) => (row.status === 'failed' ? [{ id: row.id, policy: row.policy, ...row.error }] : [])),
    missing: missingOf(rows),
    misses: policies.flatMap((policy) => missesOf(rows.filter((row) => row.policy === policy))),
    anchors: ANCHORS,
  }
}

function missingOf(rows: readonly Row[]): MissingSummary {
  const byId = new Map(rows.flatMap((row) => (row.status === 'done' ? [[row.id, row.missingFiles ?? 0] as const] : [])))
  const counts = [...byId.values()].filter((count) => count > 0)
  return { instances: counts.length, files: counts.reduce((sum, count) => sum + count, 0) }
}

function costOf(done: readonly DoneRow[]): Omit<RunCost, 'wallMs' | 'added'> {
  const mean = (pick: (row: DoneRow) => number): number | null => meanOf(done.map(pick))
  const searchMs = mean((row) => row.stats.ms.total)
  const harnessMs = mean((row) => row.setupMs.harness)
  return {
    searchMs: rounded(searchMs),
    harnessMs: rounded(harnessMs),
    snapshotMs: rounded(mean((row) => row.setupMs.snapshot)),
    harnessShare: toPercent(searchMs === null || harnessMs === null || searchMs === 0 ? null : harnessMs / searchMs),
  }
}

function rounded(value: number | null): number | null {
  return value === null ? null : roundTo(value, 1)
}

function missesOf(rows: readonly Row[]): Miss[] {
  return rows
    .flatMap((row) =>
      row.status === 'done' && row.trajectory !== null && levelScore(row, 'file')?.f1 === 0 ? [row] : [],
    )
    .sort((a, b) => b.confidence - a.confidence || (a.id < b.id ? -1 : 1))
    .slice(0, SHOWN_MISSES)
    .map((row) => {
      const rank = row.ranking.files.findIndex((path) => row.gold.files.includes(path))
      return {
        id: row.id,
        policy: row.policy,
        confidence: roundTo(row.confidence, 2),
        answered: row.files,
        gold: row.gold.files,
        goldRank: rank < 0 ? null : rank + 1,
        trajectory: row.trajectory,
      }
    })
}

/** A published number, with the instances that it covers. Percentages. */
interface Anchor {
  readonly system: string
  readonly source: string
  /** The instances behind it; never compare two different ones. */
  readonly instances: string
  readonly fileF1: number | null
  readonly functionF1: number | null
  readonly seconds: number | null
  readonly turns: number | null
}

const PAPER = { source: 'arXiv 2601.19568', instances: "Verified, the paper's own 386" }
const OTHERS = { instances: 'Verified, all 500', seconds: null, turns: null }

/** Numbers published by the paper and others for the same task. */
export const ANCHORS: readonly Anchor[] = [
  { ...PAPER, system: 'FuseSearch-4B: parallel, SFT+RL', fileF1: 84.65, functionF1: 56.43, seconds: 5.43, turns: 5.6 },
  { ...PAPER, system: 'Qwen3-30B-A3B, SFT+RL', fileF1: 83.01, functionF1: 58.62, seconds: 10.6, turns: null },
  { ...PAPER, system: 'Qwen3-4B sequential, SFT+RL', fileF1: 78.82, functionF1: 50.21, seconds: 8.03, turns: 7.52 },
  { ...PAPER, system: 'Qwen3-4B, SFT only', fileF1: 78.86, functionF1: 47.94, seconds: 9.17, turns: 4.96 },
  { ...PAPER, system: 'Qwen3-4B untrained', fileF1: 64.5, functionF1: 38.91, seconds: 6.12, turns: null },
  { ...PAPER, system: 'RepoSearcher on Qwen3-4B', fileF1: 38.1, functionF1: 21.7, seconds: 85, turns: 17.3 },
  { ...OTHERS, system: 'Claude Sonnet 4.5 with plain bash', source: 'as quoted', fileF1: 82, functionF1: 61.7 },
  { ...OTHERS, system: 'GLM-5.1 with read, glob and grep', source: 'as quoted', fileF1: 73.9, functionF1: 43.5 },
  { ...OTHERS, system: 'FastContext-4B-RL', source: 'as quoted', fileF1: 71.5, functionF1: 38.5 },
  { ...OTHERS, system: 'CodeScout-14B', source: 'as quoted', fileF1: 68.6, functionF1: 40.3 },
  { ...OTHERS, system: 'OrcaLoca (Qwen2.5-32B)', source: 'as quoted', fileF1: 58.1, functionF1: 28.7 },
  { ...OTHERS, system: 'LocAgent (Qwen2.5-32B)', source: 'as quoted', fileF1: 44.2, functionF1: 21.5 },
  {
    ...OTHERS,
    system: "ChronoRepo's fused list cut to one file, no LLM",
    source: 'as quoted',
    fileF1: 41.7,
    functionF1: null,
  },
  { ...OTHERS, system: 'BM25, no LLM', source: 'as quoted', fileF1: 18.8, functionF1: null },
]
