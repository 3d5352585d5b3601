import type { CallsInFlight, ShownRun } from 'fusesearch/view'
import { useMemo, useRef, useState } from 'preact/hooks'
import { useView } from './context.ts'
import { duration, percent, plural } from './format.ts'
import { TOOL_LABELS } from './parts.tsx'
import { shownText } from './shown-text.ts'
import { useWidth } from './use-width.ts'

/** In pixels. A turn has a minimum width, so that even a short one can be clicked. */
const LEAST_TURN = 26
const LEAST_BAR = 3
const MAX_LANE = 18
const MIN_LANE = 4
const LANES_HEIGHT = 220
const FOOT = 34
/** With more turns than this, the times between them aren't written. */
const MAX_LABELLED = 24

/** The longest run on the page; all timelines use its scale. */
export interface TimeScale {
  readonly toolsMs: number
  readonly turns: number
  readonly breadth: number
}

export function scaleOf(runs: readonly ShownRun[], inFlight: readonly (CallsInFlight | null)[]): TimeScale {
  const all = runs.map(({ turns }, run) => ({
    toolsMs: turns.reduce((sum, { turn }) => sum + turn.ms.tools, 0),
    turns: turns.length + (inFlight[run] == null ? 0 : 1),
    breadth: turns.reduce((most, { turn }) => Math.max(most, turn.calls.length), inFlight[run]?.calls.length ?? 1),
  }))
  return {
    toolsMs: Math.max(...all.map((one) => one.toolsMs), 1),
    turns: Math.max(...all.map((one) => one.turns), 1),
    breadth: Math.max(...all.map((one) => one.breadth), 1),
  }
}

interface TimelineProps {
  readonly index: number
  readonly run: ShownRun
  readonly scale: TimeScale
  readonly inFlight: CallsInFlight | null
}

/**
 * A run at a glance: a column of lanes for each turn, a bar for each call. A bar's width is the time of the result, its
 * height the share of it that was new, and its colour the tool. The policy's time separates turns; it is written, not
 * drawn to scale. The list of turns below has the same in words, and is usable with the keyboard.
 */
export function Timeline({ index, run, scale, inFlight }: TimelineProps) {
  const { select, selected } = useView()
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const layout = useMemo(() => layoutOf(run, scale, width), [run, scale, width])
  const drawing = useMemo(() => <Drawing layout={layout} />, [layout])
  const [pointed, setPointed] = useState<Spot | null>(null)
  const breadth = run.turns.map(({ turn }) => turn.calls.length)
  return (
    <div
      class="timeline"
      ref={box}
      tabIndex={0}
      role="group"
      aria-label={`Timeline of ${shownText(run.name)}`}
      title={pointed === null ? '' : titleOf(run, pointed)}
    >
      <svg
        role="img"
        aria-label={`Timeline: ${plural(breadth.length, 'turn')} with ${breadth.slice(0, 12).join(', ')} calls`}
        class={pointed === null ? '' : 'pointing'}
        width={layout.width}
        height={layout.height}
        onClick={(event) => {
          const spot = spotAt(layout, event)
          if (spot !== null) select({ run: index, ...spot })
        }}
        onMouseMove={(event) => setPointed(spotAt(layout, event))}
        onMouseLeave={() => setPointed(null)}
      >
        <Frame layout={layout} spot={pointed} kind="pointed" />
        {drawing}
        {inFlight !== null && <RunningBars layout={layout} calls={inFlight.calls} />}
        <Frame layout={layout} spot={selected?.run === index ? selected : null} kind="chosen" />
      </svg>
    </div>
  )
}

/** A call of this run. */
interface Spot {
  readonly turn: number
  readonly call: number
}

/** The call whose lane is under the pointer, so that a thin bar is as easy to hit as a thick one. */
function spotAt({ lane, turns }: Layout, { offsetX, offsetY }: MouseEvent): Spot | null {
  const turn = turns.findIndex(({ left, right }) => left - 4 <= offsetX && offsetX <= right + 4)
  const call = Math.floor(offsetY / lane)
  return turns[turn]?.bars[call] === undefined ? null : { turn, call }
}

function titleOf({ turns }: ShownRun, { turn, call }: Spot): string {
  const facts = turns[turn]
  const asked = facts?.turn.calls[call]
  if (facts === undefined || asked === undefined) return ''
  const said = `${TOOL_LABELS[asked.tool]} ${shownText(facts.shown[call]?.asked ?? '').slice(0, 200)}`
  return `${said}\n${duration(facts.turn.callMs[call] ?? facts.turn.ms.tools)}, ${percent(facts.turn.gains[call] ?? 0)} new`
}

interface FrameProps {
  readonly layout: Layout
  readonly spot: Spot | null
  readonly kind: 'pointed' | 'chosen'
}

function Frame({ layout: { lane, turns }, spot, kind }: FrameProps) {
  const turn = spot === null ? undefined : turns[spot.turn]
  const bar = spot === null ? undefined : turn?.bars[spot.call]
  if (turn === undefined || bar === undefined) return null
  const width = kind === 'chosen' ? bar.width : turn.right - turn.left
  return <rect class={kind} x={bar.x - 2} y={bar.laneTop - 1} width={width + 4} height={lane + 1} rx={3} />
}

/** The calls without a result yet: hollow, as high as if all were new, as wide as the narrowest turn. */
function RunningBars({ layout, calls }: { readonly layout: Layout; readonly calls: CallsInFlight['calls'] }) {
  const left = (layout.turns.at(-1)?.right ?? 0) + layout.gap
  return (
    <g>
      {calls.map(({ tool }, call) => (
        <rect
          class={`running ${tool}`}
          x={left}
          y={call * layout.lane + 1}
          width={LEAST_TURN}
          height={Math.max(1, layout.lane - 3)}
          key={call}
        />
      ))}
    </g>
  )
}

/** The shapes: one path for all bars of a colour, so that ten thousand of them are drawn at once. */
function Drawing({ layout: { lanesHeight, turns } }: { readonly layout: Layout }) {
  const bars = turns.flatMap((turn) => turn.bars)
  const kinds = [...new Set(bars.map(({ kind }) => kind))]
  return (
    <g>
      {kinds.map((kind) => (
        <path
          class={`bar ${kind}`}
          d={bars
            .filter((bar) => bar.kind === kind)
            .map(outline)
            .join('')}
          key={kind}
        />
      ))}
      <path class="floor" d={turns.map(({ left, right }) => `M${left} ${lanesHeight + 1}H${right}`).join('')} />
      {turns.map(({ left, policyText, toolsText }, turn) =>
        toolsText === '' ? null : (
          <g key={turn}>
            <text class="turn-number" x={left} y={lanesHeight + 14}>
              {turn + 1}
            </text>
            <text x={left} y={lanesHeight + 28}>
              {toolsText}
            </text>
            <text x={left - 6} y={lanesHeight + 14} text-anchor="end">
              {policyText}
            </text>
          </g>
        ),
      )}
    </g>
  )
}

function outline({ x, top, width, height }: Bar): string {
  const [w, h] = [width.toFixed(1), height.toFixed(1)]
  return `M${x.toFixed(1)} ${top.toFixed(1)}h${w}v${h}h-${w}z`
}

interface Bar {
  /** Its tool, or `failed`. */
  readonly kind: string
  readonly x: number
  readonly width: number
  readonly laneTop: number
  readonly top: number
  readonly height: number
}

interface Layout {
  readonly width: number
  readonly height: number
  readonly lane: number
  readonly lanesHeight: number
  /** Between two turns. */
  readonly gap: number
  readonly turns: readonly {
    readonly bars: readonly Bar[]
    readonly left: number
    readonly right: number
    readonly policyText: string
    readonly toolsText: string
  }[]
}

function layoutOf(run: ShownRun, scale: TimeScale, width: number): Layout {
  const isLabelled = scale.turns <= MAX_LABELLED
  const gap = isLabelled ? 58 : 8
  const lane = Math.max(MIN_LANE, Math.min(MAX_LANE, Math.floor(LANES_HEIGHT / scale.breadth)))
  const room = Math.max(LEAST_TURN, width - scale.turns * gap - 8)
  const perMs = room / scale.toolsMs
  let left = 0
  const turns = run.turns.map(({ turn }) => {
    left += gap
    const right = left + Math.max(LEAST_TURN, turn.ms.tools * perMs)
    const bars = turn.calls.map((call, index) => {
      const gain = turn.gains[index] ?? 0
      const ms = turn.callMs[index] ?? turn.ms.tools
      const height = Math.max(1.5, (lane - 2) * gain)
      const laneTop = index * lane
      return {
        kind: turn.digests[index]?.ok === false ? 'failed' : call.tool,
        x: left,
        width: Math.min(right - left, Math.max(LEAST_BAR, ms * perMs)),
        laneTop,
        top: laneTop + (lane - 1 - height),
        height,
      }
    })
    const texts = {
      policyText: isLabelled ? duration(turn.ms.policy) : '',
      toolsText: isLabelled ? duration(turn.ms.tools) : '',
    }
    const placed = { bars, left, right, ...texts }
    left = right
    return placed
  })
  const lanesHeight = lane * scale.breadth
  const height = lanesHeight + FOOT
  return { width: Math.max(width, left + gap + LEAST_TURN + 8), height, lane, lanesHeight, gap, turns }
}

export function TimelineLegend() {
  return (
    <p class="legend">
      {Object.entries(TOOL_LABELS).map(([tool, label]) => (
        <span class={`key ${tool}`} key={tool}>
          {label}
        </span>
      ))}
      <span>
        A bar is a call: width is time, height the share of new results. Between turns stands the time of the policy.
      </span>
    </p>
  )
}
