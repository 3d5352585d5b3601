import { escapeXml, type Figure } from './blocks.ts'

const PANEL = { width: 250, height: 170, left: 40, top: 34, gap: 26, bottom: 30 }
const COLUMNS = 3
/** Okabe and Ito's colours, which the colour-blind tell apart. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8a8a00', '#7a7a7a']
const MARKS = 5
/** A line of more points is marked at its end alone. */
const MAX_MARKED = 12

/** One small diagram. */
export interface Panel {
  readonly title: string
  readonly xLabel: string
  readonly x: Axis
  readonly y: Axis
  /** Points of each series, by its index. */
  readonly points: readonly (readonly Point[])[]
}

/** From where to where a panel shows, and what it names in between. */
export interface Axis {
  readonly from: number
  readonly to: number
  readonly ticks: readonly { readonly at: number; readonly text: string }[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** An axis that names both ends and the middle. */
export function plainAxis(from: number, to: number): Axis {
  return { from, to, ticks: [from, (from + to) / 2, to].map((at) => ({ at, text: trim(at) })) }
}

/** An axis that names these places. */
function namedAxis(places: readonly number[], to: number): Axis {
  return { from: places[0] ?? 0, to, ticks: places.map((at) => ({ at, text: trim(at) })) }
}

/** An axis of turns from 1; at most eight of them are named. */
export function turnAxis(last: number): Axis {
  const step = Math.max(1, Math.ceil((last - 1) / 7))
  const named = Array.from({ length: Math.floor((last - 1) / step) + 1 }, (_, index) => 1 + index * step)
  return namedAxis(named, last)
}

/** Panels with one legend. */
interface PanelsOptions {
  readonly title: string
  /** Name of the SVG file beside a Markdown report. */
  readonly file: string
  /** Names of the series. */
  readonly labels: readonly string[]
  readonly panels: readonly Panel[]
}

/** The panels as one SVG, which requests nothing and follows the reader's light or dark scheme. */
export function renderPanels({ title, file, labels, panels }: PanelsOptions): Figure {
  const stepX = PANEL.width + PANEL.gap
  const stepY = PANEL.height + PANEL.gap
  const rows = Math.floor(panels.length / COLUMNS) + 1
  const placeOf = (index: number): readonly [number, number] => [
    (index % COLUMNS) * stepX,
    Math.floor(index / COLUMNS) * stepY,
  ]
  const placed = panels.map((panel, index) => {
    const [x, y] = placeOf(index)
    return `<g transform="translate(${x},${y})">${renderPanel(panel)}</g>`
  })
  const [legendX, legendY] = placeOf(panels.length)
  const legendAt = `translate(${legendX + PANEL.left},${legendY + PANEL.top})`
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${COLUMNS * stepX} ${rows * stepY}" role="img" font-family="system-ui, sans-serif" font-size="11">`,
    `<title>${escapeXml(title)}</title>`,
    '<style>.ink{fill:#333}.axis{stroke:#999;fill:none}.grid{stroke:#8883;fill:none}@media(prefers-color-scheme:dark){.ink{fill:#ccc}.axis{stroke:#777}}</style>',
    ...placed,
    `<g transform="${legendAt}">${labels.map(renderLegend).join('')}</g>`,
    '</svg>',
    '',
  ]
  return { kind: 'figure', title, file, svg: lines.join('\n') }
}

function renderPanel({ title, xLabel, x, y, points }: Panel): string {
  const right = PANEL.width - 8
  const floor = PANEL.height - PANEL.bottom
  const toX = (at: number): number => round(PANEL.left + shareOf(at, x) * (right - PANEL.left - 8) + 4)
  const toY = (at: number): number => round(floor - shareOf(at, y) * (floor - PANEL.top))
  return [
    `<text class="ink" x="${PANEL.left}" y="18" font-weight="600">${escapeXml(title)}</text>`,
    ...y.ticks.map(({ at }) => `<path class="grid" d="M${PANEL.left} ${toY(at)}H${right}"/>`),
    ...y.ticks.map(
      ({ at, text }) => `<text class="ink" x="${PANEL.left - 6}" y="${toY(at) + 4}" text-anchor="end">${text}</text>`,
    ),
    `<path class="axis" d="M${PANEL.left} ${PANEL.top}V${floor}H${right}"/>`,
    ...x.ticks.map(
      ({ at, text }) => `<text class="ink" x="${toX(at)}" y="${floor + 13}" text-anchor="middle">${text}</text>`,
    ),
    `<text class="ink" x="${right}" y="${floor + 26}" text-anchor="end">${escapeXml(xLabel)}</text>`,
    ...points.map((line, series) =>
      renderPoints(
        line.map((point) => ({ x: toX(point.x), y: toY(point.y) })),
        series,
      ),
    ),
  ].join('')
}

function shareOf(at: number, { from, to }: Axis): number {
  return (at - from) / Math.max(1e-9, to - from)
}

function renderPoints(points: readonly Point[], series: number): string {
  const color = colorOf(series)
  const line =
    points.length > 1
      ? `<polyline fill="none" stroke="${color}" stroke-width="2" points="${points.map(({ x, y }) => `${x},${y}`).join(' ')}"/>`
      : ''
  const marked = points.length > MAX_MARKED ? points.slice(-1) : points
  return line + marked.map(({ x, y }) => renderMark(x, y, series)).join('')
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

function renderLegend(label: string, index: number): string {
  const y = index * 18
  return `${renderMark(4, y, index)}<text class="ink" x="16" y="${y + 4}">${escapeXml(label)}</text>`
}

function colorOf(series: number): string {
  return COLORS[series % COLORS.length] ?? '#000'
}

/** The next of 1, 2, 5, 10, … */
export function niceMax(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= value * 0.999) ?? 10)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function trim(value: number): string {
  return String(Math.round(value * 100) / 100)
}
