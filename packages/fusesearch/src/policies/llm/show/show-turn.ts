import type { PastTurn, TrajectoryTurn } from '../../../agent/index.ts'
import { FuseSearchError } from '../../../core/index.ts'
import { type Call, type Observation, renderObservation } from '../../../search/index.ts'
import { Knowledge, type Novelty, pathsOf } from '../knowledge.ts'
import type { ContextOptions } from '../options.ts'
import { createTokenEstimate, type TokenEstimate } from '../spending.ts'
import { cutTo } from './cut.ts'
import { hideShown, isLined, ShownLines } from './hide.ts'
import { missRow } from './nearest.ts'

/** What `showTurn` reads and updates. */
export interface ShowContext {
  readonly options: Required<ContextOptions>
  readonly estimate: TokenEstimate
  readonly shown: ShownLines
  readonly knowledge: Knowledge
  /** Number of the run's turns before the conversation began; 0 when left out. */
  readonly turnsBefore?: number
}

/** The result of a call in the model's form. */
export interface ShownCall {
  readonly text: string
  readonly hiddenLines: number
  readonly isCut: boolean
  /** Whether it contained a line or a path that the conversation had not shown. */
  readonly isNew: boolean
}

/** Bytes reserved for the notes that accompany an observation's rows, and their largest share of a small budget. */
const NOTE_BYTES = 400
const NOTE_SHARE = 0.3

/** Renders the observations of a turn within its budget. Later calls may use what a call leaves. */
export function showTurn(
  turn: number,
  past: Pick<PastTurn, 'calls' | 'observations'>,
  context: ShowContext,
): readonly ShownCall[] {
  const { options, estimate } = context
  const perCall = estimate.toBytes(options.maxTokensPerCall)
  const wanted = past.observations.map(({ bytes }) => Math.min(bytes, perCall))
  let left = estimate.toBytes(options.maxTokensPerTurn)
  return past.calls.map((call, index) => {
    const observation = past.observations[index]
    if (observation === undefined) throw new Error(`call ${index + 1} of turn ${turn} has no observation`)
    const later = wanted.slice(index + 1)
    const fairShare = left / (later.length + 1)
    const spare = left - later.reduce((sum, bytes) => sum + bytes, 0)
    const maxBytes = Math.min(perCall, Math.max(fairShare, spare))
    const shown = showCall({ call, observation, place: { turn, call: index }, maxBytes }, context)
    left = Math.max(0, left - Buffer.byteLength(shown.text))
    return shown
  })
}

interface CallToShow {
  readonly call: Call
  readonly observation: Observation
  readonly place: { readonly turn: number; readonly call: number }
  readonly maxBytes: number
}

function showCall({ call, observation, place, maxBytes }: CallToShow, context: ShowContext): ShownCall {
  const { options, shown, knowledge, turnsBefore = 0 } = context
  const isHiding = options.hideShownLines && isLined(observation)
  const hidden = isHiding ? hideShown(observation, shown) : { observation, rows: [], hiddenLines: 0 }
  const bytes = hidden.hiddenLines === 0 ? observation.bytes : Buffer.byteLength(renderObservation(hidden.observation))
  const sized: Observation = { ...hidden.observation, bytes }
  const { observation: kept, row } = cutTo(
    sized,
    call,
    Math.max(1, maxBytes - Math.min(NOTE_BYTES, maxBytes * NOTE_SHARE)),
  )
  const isNew = hasNew(observation, shown)
  remember(kept, place, shown)
  const miss = missRow(call, observation, knowledge)
  const novelty = knowledge.absorb(observation, { ...place, turn: place.turn + turnsBefore })
  const rows = [
    `[turn ${place.turn}, call ${place.call + 1}]`,
    renderObservation(kept).trimEnd(),
    ...hidden.rows,
    ...(row === undefined ? [] : [row]),
    ...(miss === undefined ? [] : [miss]),
    ...(options.novelty ? noveltyRows(novelty) : []),
  ]
  return { text: rows.join('\n'), hiddenLines: hidden.hiddenLines, isCut: row !== undefined, isNew }
}

/** Whether the model sees anything new. What only an earlier policy saw is new to the model. */
function hasNew(observation: Observation, shown: ShownLines): boolean {
  if (!observation.ok) return false
  if (!isLined(observation)) return pathsOf(observation).filter((path) => shown.isNewPath(path)).length > 0
  const files = observation.tool === 'read_file' ? [observation] : observation.files
  return files.some(({ path, lines }) => lines.some(({ line, text }) => shown.where(path, line, text) === undefined))
}

function remember(observation: Observation, place: CallToShow['place'], shown: ShownLines): void {
  if (!isLined(observation)) return
  const files = observation.tool === 'read_file' ? [observation] : observation.files
  for (const { path, lines } of files) for (const line of lines) shown.add(path, line, place)
}

/** How much of the call was new to the run. */
function noveltyRows({ lines, newLines, paths, newPaths }: Novelty): readonly string[] {
  if (lines > 0) return [`[${newLines} of ${lines} lines were new.]`]
  return paths > 0 ? [`[${newPaths} of ${paths} paths were new.]`] : ['[Nothing new.]']
}

/** What hiding and the budget save on a run's observations, in estimated tokens. */
export interface ContextSavings {
  readonly calls: number
  /** Nothing hidden, nothing cut. */
  readonly plainTokens: number
  /** Repeated lines hidden, nothing cut. */
  readonly hidingTokens: number
  /** Cut to the budget, nothing hidden. */
  readonly budgetTokens: number
  /** Repeated lines hidden and cut to the budget, as in a run. */
  readonly bothTokens: number
  readonly hiddenLines: number
  /** Number of calls that the budget cut, with repeated lines hidden. */
  readonly cutCalls: number
}

const UNLIMITED = 1_000_000_000

/**
 * Measures what hiding and the budget save on a recorded trajectory, separately and together.
 * Throws `bad-trajectory` if the turns contain only digests.
 */
export function measureContext(turns: readonly TrajectoryTurn[], options: Required<ContextOptions>): ContextSavings {
  const unlimited = { ...options, maxTokensPerCall: UNLIMITED, maxTokensPerTurn: UNLIMITED }
  const plain = play(turns, { ...unlimited, hideShownLines: false })
  const hiding = play(turns, { ...unlimited, hideShownLines: true })
  const budget = play(turns, { ...options, hideShownLines: false })
  const both = play(turns, { ...options, hideShownLines: true })
  return {
    calls: turns.reduce((sum, { calls }) => sum + calls.length, 0),
    plainTokens: plain.tokens,
    hidingTokens: hiding.tokens,
    budgetTokens: budget.tokens,
    bothTokens: both.tokens,
    hiddenLines: hiding.hiddenLines,
    cutCalls: both.cutCalls,
  }
}

interface Played {
  readonly tokens: number
  readonly hiddenLines: number
  readonly cutCalls: number
}

function play(turns: readonly TrajectoryTurn[], options: Required<ContextOptions>): Played {
  const estimate = createTokenEstimate()
  const context = { options, estimate, shown: new ShownLines(), knowledge: new Knowledge() }
  const shown = turns.flatMap(({ turn, calls, observations }) => {
    if (observations !== undefined) return showTurn(turn, { calls, observations }, context)
    const message = 'The trajectory holds digests, not observations, so nothing can be measured. Record it with --full.'
    throw new FuseSearchError(message, { code: 'bad-trajectory' })
  })
  return {
    tokens: shown.reduce((sum, { text }) => sum + estimate.of(text), 0),
    hiddenLines: shown.reduce((sum, { hiddenLines }) => sum + hiddenLines, 0),
    cutCalls: shown.filter(({ isCut }) => isCut).length,
  }
}
