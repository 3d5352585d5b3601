import type { PastTurn } from '../../../agent/index.ts'
import { type Call, type Observation, renderObservation } from '../../../search/index.ts'
import type { Knowledge, Novelty } from '../knowledge.ts'
import type { ContextOptions } from '../options.ts'
import type { TokenEstimate } from '../tokens.ts'
import { cutTo } from './cut.ts'
import { hideShown, isLined } from './hide.ts'
import { missRow } from './miss.ts'
import type { ShownLines } from './shown-lines.ts'

/** What showing a turn draws on and adds to. */
export interface ShowContext {
  readonly options: Required<ContextOptions>
  readonly estimate: TokenEstimate
  readonly shown: ShownLines
  readonly knowledge: Knowledge
}

/** A call's result as the model reads it. */
export interface ShownCall {
  readonly text: string
  readonly hiddenLines: number
  readonly isCut: boolean
}

/** Bytes kept free of rows for what is said beside them. */
const NOTE_BYTES = 400

/** Renders the observations of a turn within its budget; earlier calls leave what they do not need to later ones. */
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
  const { options, shown, knowledge } = context
  const isHiding = options.hideShownLines && isLined(observation)
  const hidden = isHiding ? hideShown(observation, shown) : { observation, rows: [], hiddenLines: 0 }
  const bytes = hidden.hiddenLines === 0 ? observation.bytes : Buffer.byteLength(renderObservation(hidden.observation))
  const sized: Observation = { ...hidden.observation, bytes }
  const { observation: kept, row } = cutTo(sized, call, Math.max(1, maxBytes - NOTE_BYTES))
  remember(kept, place, shown)
  const miss = missRow(call, observation, knowledge)
  const novelty = knowledge.absorb(observation, place)
  const rows = [
    `[turn ${place.turn}, call ${place.call + 1}]`,
    renderObservation(kept).trimEnd(),
    ...hidden.rows,
    ...(row === undefined ? [] : [row]),
    ...(miss === undefined ? [] : [miss]),
    ...(options.novelty ? noveltyRows(novelty) : []),
  ]
  return { text: rows.join('\n'), hiddenLines: hidden.hiddenLines, isCut: row !== undefined }
}

function remember(observation: Observation, place: CallToShow['place'], shown: ShownLines): void {
  if (!isLined(observation)) return
  const files = observation.tool === 'read_file' ? [observation] : observation.files
  for (const { path, lines } of files) for (const line of lines) shown.add(path, line, place)
}

/** How much of the call was new to the run, for models that are to learn from it. */
function noveltyRows({ lines, newLines, paths, newPaths }: Novelty): readonly string[] {
  if (lines > 0) return [`[${newLines} of ${lines} lines were new.]`]
  return paths > 0 ? [`[${newPaths} of ${paths} paths were new.]`] : ['[Nothing new.]']
}
