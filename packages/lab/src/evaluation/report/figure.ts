import { barOf } from '../../report/index.ts'
import type { PolicySummary, TurnSummary } from '../metrics/summary.ts'

/** One line of the figures. */
export interface Series {
  readonly label: string
  readonly byTurn: readonly TurnSummary[]
  /** Mean milliseconds of a search; null without one. */
  readonly ms: number | null
  /** Percent. */
  readonly fileF1: number | null
  readonly functionF1: number | null
}

/** Figures leave out turns that fewer searches reached: a mean over a handful is noise. */
const SHOWN_SHARE = 0.1

/** A line for each policy, over all instances. */
export function seriesOf(policies: readonly PolicySummary[], label = (policy: string): string => policy): Series[] {
  return policies.map(({ policy, subsets: { all } }) => ({
    label: label(policy),
    byTurn: all.search.byTurn.filter(({ n }) => n >= all.search.n * SHOWN_SHARE),
    ms: all.search.ms.mean,
    fileF1: all.file.f1.value,
    functionF1: all.function.f1.value,
  }))
}

/** The figure as text: breadth, gain and redundancy of each turn as bars; F1 and time of each policy. */
export function renderTerminalFigure(series: readonly Series[]): string {
  const widest = Math.max(1, ...series.flatMap(({ byTurn }) => byTurn.map(({ breadth }) => breadth)))
  const blocks = series.map(({ label, byTurn, ms, fileF1, functionF1 }) => {
    const quality = `file F1 ${shown(fileF1)}  function F1 ${shown(functionF1)}  ${ms === null ? '-' : (ms / 1_000).toFixed(2)} s a search`
    const turns = byTurn.map(({ turn, breadth, gain, redundancy }) =>
      [
        `  turn ${String(turn).padStart(2)}`,
        `calls ${breadth.toFixed(1).padStart(4)} ${barOf(breadth / widest)}`,
        `gain ${gain.toFixed(0).padStart(3)}% ${barOf(gain / 100)}`,
        `redundant ${redundancy.toFixed(0).padStart(3)}% ${barOf(redundancy / 100)}`.trimEnd(),
      ].join('  '),
    )
    return [`${label}  ${quality}`, ...turns].join('\n')
  })
  return `${blocks.join('\n\n')}\n`
}

function shown(value: number | null): string {
  return value === null ? '-' : value.toFixed(1)
}
