import type { TurnSummary } from '../metrics/search.ts'
import { type Axis, namedAxis, niceMax, type Panel, plainAxis, renderPanels } from './panels.ts'
import type { Series } from './series.ts'

/**
 * The figure as one SVG file that needs nothing else and follows the reader's light or dark scheme: breadth, gain and
 * redundancy by turn, and file and function F1 against the time of a search.
 */
export function renderFigure(series: readonly Series[]): string {
  const turns = Math.max(2, ...series.flatMap(({ byTurn }) => byTurn.map(({ turn }) => turn)))
  const seconds = niceMax(Math.max(0.1, ...series.map(({ ms }) => (ms ?? 0) / 1_000)))
  const byTurn = (title: string, yMax: number, pick: (turn: TurnSummary) => number): Panel => ({
    title,
    xLabel: 'turn',
    x: turnAxis(turns),
    y: plainAxis(0, yMax),
    points: series.map((one) => one.byTurn.map((turn) => ({ x: turn.turn, y: pick(turn) }))),
  })
  const byTime = (title: string, pick: (one: Series) => number | null): Panel => ({
    title,
    xLabel: 'seconds a search',
    x: plainAxis(0, seconds),
    y: plainAxis(0, 100),
    points: series.map((one) => {
      const value = pick(one)
      return one.ms === null || value === null ? [] : [{ x: one.ms / 1_000, y: value }]
    }),
  })
  const widest = niceMax(Math.max(1, ...series.flatMap((one) => one.byTurn.map(({ breadth }) => breadth))))
  const panels = [
    byTurn('Calls a turn', widest, ({ breadth }) => breadth),
    byTurn('Gain of a call, %', 100, ({ gain }) => gain),
    byTurn('Redundant calls, %', 100, ({ redundancy }) => redundancy),
    byTime('File F1, %', ({ fileF1 }) => fileF1),
    byTime('Function F1, %', ({ functionF1 }) => functionF1),
  ]
  const title = 'Breadth, gain and redundancy by turn; F1 against time'
  return renderPanels(
    title,
    series.map(({ label }) => label),
    panels,
  )
}

/** At most eight turns are named. */
export function turnAxis(last: number): Axis {
  const step = Math.max(1, Math.ceil((last - 1) / 7))
  const named = Array.from({ length: Math.floor((last - 1) / step) + 1 }, (_, index) => 1 + index * step)
  return namedAxis(named, last)
}
