import type { RunEvent, RunListener, TurnRecord } from '../../agent/index.ts'
import { askedBy } from '../../locate/index.ts'
import type { Call, ToolName } from '../../search/index.ts'
import { namesInPattern } from '../../view/index.ts'
import { fit, toShownText } from './shown-text.ts'
import { duration, percent, type Style } from './style.ts'

/** One cell of a turn's bar for each call; its height is the share of new results. */
const GAIN_CELLS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
const BAR_COLUMNS = 8
/** Longer patterns are expressions made by a program: shown by the names in them, after plain ones. */
const LONG_PATTERN = 40
const VERBS = { grep: 'grep', glob: 'glob', read_file: 'read', history: 'history' } as const

/** Draws the turns of a run: breadth, calls, new information, time; on a terminal also while they run. */
export function createTurnsView(stream: NodeJS.WriteStream, style: Style): RunListener {
  return (event: RunEvent) => {
    if (event.kind === 'started') stream.write('\n')
    if (event.kind === 'turn-decided' && stream.isTTY) stream.write(runningLine(event.turn, event.calls, style))
    if (event.kind === 'turn-finished') {
      const restart = stream.isTTY ? '\r\u001b[2K' : ''
      stream.write(`${restart}${finishedLine(event.turn, style)}\n`)
    }
  }
}

function runningLine(turn: number, calls: readonly Call[], style: Style): string {
  const cells = '░'.repeat(Math.min(BAR_COLUMNS, calls.length)).padEnd(BAR_COLUMNS)
  const { colors } = style
  return `  ${colors.dim(String(turn))}  ${colors.dim(cells)}  ${colors.dim(askedLine(calls, style.width - TURN_COLUMNS))}`
}

// Left of the calls: indent, number, bar; right of them: new information and time.
const TURN_COLUMNS = 35

function finishedLine(turn: TurnRecord, style: Style): string {
  const { colors, width } = style
  const columns = width - TURN_COLUMNS
  const mean = turn.gains.length === 0 ? 0 : turn.gains.reduce((sum, gain) => sum + gain, 0) / turn.gains.length
  const fresh = `${percent(mean)} new`.padStart(8)
  const time = duration(turn.ms.policy + turn.ms.tools).padStart(8)
  return `  ${colors.bold(String(turn.turn))}  ${gainBar(turn.gains, style)}  ${askedLine(turn.calls, columns).padEnd(columns)}  ${colors.cyan(fresh)} ${colors.dim(time)}`
}

/** Turns wider than the bar show their first calls and an ellipsis. */
function gainBar(gains: readonly number[], { colors }: Style): string {
  const isCut = gains.length > BAR_COLUMNS
  const shown = isCut ? gains.slice(0, BAR_COLUMNS - 1) : gains
  const cells = shown.map((gain) => (gain === 0 ? colors.dim('▁') : colors.cyan(gainCell(gain))))
  const rest = ' '.repeat(BAR_COLUMNS - shown.length - (isCut ? 1 : 0))
  return cells.join('') + (isCut ? colors.dim('…') : '') + rest
}

function gainCell(gain: number): string {
  return GAIN_CELLS[Math.min(GAIN_CELLS.length - 1, Math.floor(gain * GAIN_CELLS.length))] ?? '█'
}

/** `grep foo, bar +2 · read a.py:1-40`: calls grouped by tool, the plainest first, as many as the columns hold. */
function askedLine(calls: readonly Call[], columns: number): string {
  const tools = [...new Set(calls.map(({ tool }) => tool))]
  // Each tool gets columns by its share of the calls, but always enough for one.
  const least = 14
  const spare = columns - 3 * (tools.length - 1) - least * tools.length
  const groups = tools.map((tool) => {
    const share = calls.filter((call) => call.tool === tool).length / calls.length
    return askedOfTool(tool, calls, least + Math.max(0, Math.floor(spare * share)))
  })
  return fit(groups.join(' · '), columns)
}

function askedOfTool(tool: ToolName, calls: readonly Call[], columns: number): string {
  const things = calls.filter((call) => call.tool === tool).map((call) => toShownText(shortPattern(askedBy(call))))
  // Long patterns are hard to read; the end of a path is the most specific.
  const [long, short] = [true, false].map((isLong) => things.filter((thing) => thing.length > LONG_PATTERN === isLong))
  const [first = '', ...others] = [...(short ?? []), ...(long ?? [])]
  let line = `${VERBS[tool]} ${fit(first, columns - 8, tool === 'read_file' ? 'start' : 'end')}`
  let shown = 1
  for (const next of others) {
    if (line.length + next.length + 2 > columns - 4) break
    line += `, ${next}`
    shown += 1
  }
  return shown < things.length ? `${line} +${things.length - shown}` : line
}

function shortPattern(asked: string): string {
  if (asked.length <= LONG_PATTERN || !asked.includes('(?:')) return asked
  const names = namesInPattern(asked)
  return names.length === 0 ? asked : `…${names.join('|')}…`
}
