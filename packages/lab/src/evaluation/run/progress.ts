import type { Clock } from 'fusesearch/core'
import { meanOf } from '../metrics/bootstrap.ts'
import { f1Values } from '../metrics/quality.ts'
import type { Row } from '../row.ts'

/** Where a run stands. `f1` is of the first policy, as percent; null before its first row. */
export interface Progress {
  readonly done: number
  readonly total: number
  readonly failed: number
  readonly perSecond: number
  readonly leftMs: number | null
  readonly policy: string
  readonly fileF1: number | null
  readonly functionF1: number | null
}

/** Counts rows as they come; `earlier` ones were there before and say nothing of the speed. */
export function createProgress(options: {
  readonly total: number
  readonly policy: string
  readonly earlier: readonly Row[]
  readonly clock: Clock
}): { add(row: Row): Progress } {
  const { total, policy, clock } = options
  const startedMs = clock.nowMs()
  const rows = [...options.earlier]
  let fresh = 0
  return {
    add(row) {
      rows.push(row)
      fresh++
      const seconds = Math.max(0.001, (clock.nowMs() - startedMs) / 1_000)
      const own = rows.filter((other) => other.policy === policy)
      const perSecond = fresh / seconds
      return {
        done: rows.length,
        total,
        failed: rows.filter(({ status }) => status === 'failed').length,
        perSecond,
        leftMs: ((total - rows.length) / perSecond) * 1_000,
        policy,
        fileF1: asPercent(meanOf(f1Values(own, 'file'))),
        functionF1: asPercent(meanOf(f1Values(own, 'function'))),
      }
    },
  }
}

/** One line for people: `37/99 · 4.2/s · embedded file F1 64.5, function F1 40.1 · 1 failed · 0:32 left`. */
export function renderProgress(progress: Progress): string {
  const { done, total, perSecond, policy, fileF1, functionF1, failed, leftMs } = progress
  const quality = [
    ...(fileF1 === null ? [] : [`file F1 ${fileF1.toFixed(1)}`]),
    ...(functionF1 === null ? [] : [`function F1 ${functionF1.toFixed(1)}`]),
  ].join(', ')
  return [
    `${done}/${total}`,
    `${perSecond.toFixed(1)}/s`,
    ...(quality === '' ? [] : [`${policy} ${quality}`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(leftMs === null ? [] : [`${clockTime(leftMs)} left`]),
  ].join(' · ')
}

function asPercent(share: number | null): number | null {
  return share === null ? null : share * 100
}

function clockTime(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
