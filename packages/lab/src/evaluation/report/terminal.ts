import type { Series } from './series.ts'

const BAR = 12

/** The figure for a terminal: breadth, gain and redundancy of each turn as bars, and F1 beside the time. */
export function renderTerminalFigure(series: readonly Series[]): string {
  const widest = Math.max(1, ...series.flatMap(({ byTurn }) => byTurn.map(({ breadth }) => breadth)))
  const blocks = series.map(({ label, byTurn, ms, fileF1, functionF1 }) => {
    const quality = `file F1 ${shown(fileF1)}  function F1 ${shown(functionF1)}  ${ms === null ? '-' : (ms / 1_000).toFixed(2)} s a search`
    const turns = byTurn.map(({ turn, breadth, gain, redundancy }) =>
      [
        `  turn ${String(turn).padStart(2)}`,
        `calls ${breadth.toFixed(1).padStart(4)} ${bar(breadth / widest)}`,
        `gain ${gain.toFixed(0).padStart(3)}% ${bar(gain / 100)}`,
        `redundant ${redundancy.toFixed(0).padStart(3)}% ${bar(redundancy / 100)}`.trimEnd(),
      ].join('  '),
    )
    return [`${label}  ${quality}`, ...turns].join('\n')
  })
  return `${blocks.join('\n\n')}\n`
}

function bar(share: number): string {
  return '█'.repeat(Math.round(Math.min(1, Math.max(0, share)) * BAR)).padEnd(BAR, '·')
}

function shown(value: number | null): string {
  return value === null ? '-' : value.toFixed(1)
}
