import type { TurnSummary } from '../metrics/search.ts'
import type { Series } from './series.ts'

const PANEL = { width: 250, height: 170, left: 40, top: 34, gap: 26, bottom: 30 }
/** Okabe and Ito's colours, which the colour-blind tell apart. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8a8a00', '#7a7a7a']
const MARKS = 5

/** One small diagram. */
interface Panel {
  readonly title: string
  readonly xLabel: string
  readonly xMax: number
  readonly yMax: number
  readonly isLine: boolean
  /** Points of each series, by its index. */
  readonly points: readonly (readonly Point[])[]
}

interface Point {
  readonly x: number
  readonly y: number
}

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
    xMax: turns,
    yMax,
    isLine: true,
    points: series.map((one) => one.byTurn.map((turn) => ({ x: turn.turn, y: pick(turn) }))),
  })
  const byTime = (title: string, pick: (one: Series) => number | null): Panel => ({
    title,
    xLabel: 'seconds a search',
    xMax: seconds,
    yMax: 100,
    isLine: false,
    points: series.map((one) => {
      const value = pick(one)
      return one.ms === null || value === null ? [] : [{ x: one.ms / 1_000, y: value }]
    }),
  })
  const widest = niceMax(Math.max(1, ...series.flatMap((one) => one.byTurn.map(({ breadth }) => breadth))))
  return layOut(series, [
    byTurn('Calls a turn', widest, ({ breadth }) => breadth),
    byTurn('Gain of a call, %', 100, ({ gain }) => gain),
    byTurn('Redundant calls, %', 100, ({ redundancy }) => redundancy),
    byTime('File F1, %', ({ fileF1 }) => fileF1),
    byTime('Function F1, %', ({ functionF1 }) => functionF1),
  ])
}

function layOut(series: readonly Series[], panels: readonly Panel[]): string {
  const columns = 3
  const rows = Math.ceil(panels.length / columns)
  const stepX = PANEL.width + PANEL.gap
  const stepY = PANEL.height + PANEL.gap
  const placed = panels.map((panel, index) => {
    const at = `translate(${(index % columns) * stepX},${Math.floor(index / columns) * stepY})`
    return `<g transform="${at}">${renderPanel(panel)}</g>`
  })
  const legendAt = `translate(${(panels.length % columns) * stepX + PANEL.left},${(rows - 1) * stepY + PANEL.top})`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${columns * stepX} ${rows * stepY}" role="img" font-family="system-ui, sans-serif" font-size="11">`,
    '<title>Breadth, gain and redundancy by turn; F1 against time</title>',
    '<style>.ink{fill:#333}.axis{stroke:#999;fill:none}.grid{stroke:#8883;fill:none}@media(prefers-color-scheme:dark){.ink{fill:#ccc}.axis{stroke:#777}}</style>',
    ...placed,
    `<g transform="${legendAt}">${series.map(renderLegend).join('')}</g>`,
    '</svg>',
    '',
  ].join('\n')
}

function renderPanel(panel: Panel): string {
  const right = PANEL.width - 8
  const floor = PANEL.height - PANEL.bottom
  const firstX = panel.isLine ? 1 : 0
  const toX = (x: number): number =>
    round(PANEL.left + ((x - firstX) / Math.max(1e-9, panel.xMax - firstX)) * (right - PANEL.left - 8) + 4)
  const toY = (y: number): number => round(floor - (y / panel.yMax) * (floor - PANEL.top))
  const yTicks = [0, 0.5, 1].map((share) => share * panel.yMax)
  const xTicks = panel.isLine ? turnTicks(panel.xMax) : [0, panel.xMax / 2, panel.xMax]
  return [
    `<text class="ink" x="${PANEL.left}" y="18" font-weight="600">${escapeXml(panel.title)}</text>`,
    ...yTicks.map((y) => `<path class="grid" d="M${PANEL.left} ${toY(y)}H${right}"/>`),
    ...yTicks.map(
      (y) => `<text class="ink" x="${PANEL.left - 6}" y="${toY(y) + 4}" text-anchor="end">${trim(y)}</text>`,
    ),
    `<path class="axis" d="M${PANEL.left} ${PANEL.top}V${floor}H${right}"/>`,
    ...xTicks.map((x) => `<text class="ink" x="${toX(x)}" y="${floor + 13}" text-anchor="middle">${trim(x)}</text>`),
    `<text class="ink" x="${right}" y="${floor + 26}" text-anchor="end">${panel.xLabel}</text>`,
    ...panel.points.map((points, index) =>
      renderPoints(
        points.map(({ x, y }) => ({ x: toX(x), y: toY(y) })),
        index,
      ),
    ),
  ].join('')
}

function renderPoints(points: readonly Point[], series: number): string {
  const color = colorOf(series)
  const line =
    points.length > 1
      ? `<polyline fill="none" stroke="${color}" stroke-width="2" points="${points.map(({ x, y }) => `${x},${y}`).join(' ')}"/>`
      : ''
  return line + points.map(({ x, y }) => renderMark(x, y, series)).join('')
}

/** Each series has its own shape beside its colour. */
function renderMark(x: number, y: number, series: number): string {
  const fill = `fill="${colorOf(series)}"`
  const shapes = [
    `<circle cx="${x}" cy="${y}" r="4" ${fill}/>`,
    `<rect x="${x - 3.5}" y="${y - 3.5}" width="7" height="7" ${fill}/>`,
    `<path d="M${x} ${y - 5}l5 8.5h-10z" ${fill}/>`,
    `<path d="M${x} ${y - 5}l5 5l-5 5l-5-5z" ${fill}/>`,
    `<path d="M${x} ${y + 5}l5-8.5h-10z" ${fill}/>`,
  ]
  return shapes[series % MARKS] ?? ''
}

function renderLegend({ label }: Series, index: number): string {
  const y = index * 18
  return `${renderMark(4, y, index)}<text class="ink" x="16" y="${y + 4}">${escapeXml(label)}</text>`
}

function colorOf(series: number): string {
  return COLORS[series % COLORS.length] ?? '#000'
}

/** At most eight turns are named. */
function turnTicks(last: number): number[] {
  const step = Math.max(1, Math.ceil((last - 1) / 7))
  return Array.from({ length: Math.floor((last - 1) / step) + 1 }, (_, index) => 1 + index * step)
}

/** The next of 1, 2, 5, 10, … */
function niceMax(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= value * 0.999) ?? 10)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function trim(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** Text as XML and HTML may hold it. */
export function escapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return text.replace(/[&<>"']/g, (character) => named[character] ?? character)
}
