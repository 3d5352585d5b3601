import type { Row } from '../row.ts'
import { type PercentEstimate, percentMean } from './percent.ts'
import { f1Values } from './quality.ts'

export type BreakdownBy = 'repository' | 'language' | 'gold-files' | 'gold-functions' | 'issue-kind'

/** The F1 of one group of instances. Groups of `issue-kind` overlap; the others do not. */
export interface BreakdownGroup {
  readonly by: BreakdownBy
  readonly group: string
  /** Instances in the group, failed ones too. */
  readonly instances: number
  readonly fileF1: PercentEstimate
  readonly functionF1: PercentEstimate
}

const GROUPINGS: readonly { readonly by: BreakdownBy; readonly groupsOf: (row: Row) => readonly string[] }[] = [
  { by: 'repository', groupsOf: (row) => [row.repository] },
  { by: 'language', groupsOf: (row) => [row.language] },
  { by: 'gold-files', groupsOf: (row) => [sizeGroup(row.gold?.files)] },
  { by: 'gold-functions', groupsOf: (row) => [sizeGroup(row.gold?.functions)] },
  { by: 'issue-kind', groupsOf: (row) => row.kinds },
]

/** F1 by repository, language, gold size and kind of issue; groups in the order of their names. */
export function breakDown(rows: readonly Row[]): BreakdownGroup[] {
  return GROUPINGS.flatMap(({ by, groupsOf }) => {
    const groups = new Map<string, Row[]>()
    for (const row of rows) {
      for (const group of groupsOf(row)) groups.set(group, [...(groups.get(group) ?? []), row])
    }
    const names = [...groups.keys()].sort()
    return names.map((group) => summarizeGroup({ by, group, rows: groups.get(group) ?? [] }))
  })
}

function summarizeGroup({ by, group, rows }: { by: BreakdownBy; group: string; rows: readonly Row[] }): BreakdownGroup {
  return {
    by,
    group,
    instances: rows.length,
    fileF1: percentMean(f1Values(rows, 'file')),
    functionF1: percentMean(f1Values(rows, 'function')),
  }
}

/** Gold sizes from three up are few, and stand together. */
function sizeGroup(gold: readonly unknown[] | undefined): string {
  if (gold === undefined) return 'unknown'
  return gold.length >= 3 ? '3 or more' : String(gold.length)
}
