import type {
  CallFailureCode,
  GrepContentObservation,
  GrepMode,
  Notice,
  Observation,
  ToolName,
} from '../search/index.ts'
import { historyPaths } from '../search/index.ts'

/** Files and lines of an observation; lines are 0 if only paths are shown. */
export interface Amount {
  readonly files: number
  /** Matching lines of a grep, context aside; lines of a read; commits of a history. */
  readonly lines: number
}

/** An observation without its contents: enough to see what a call cost and which limits cut it. */
export type ObservationDigest =
  | {
      readonly ok: true
      readonly tool: ToolName
      readonly mode?: GrepMode
      readonly shown: Amount
      /** What would be shown without limits. */
      readonly total: Amount
      readonly bytes: number
      readonly notices: readonly Notice[]
    }
  | {
      readonly ok: false
      readonly tool: ToolName
      readonly code: CallFailureCode
      readonly message: string
      readonly bytes: number
    }

/** Digests an observation. */
export function digestOf(observation: Observation): ObservationDigest {
  if (!observation.ok) return observation
  const { tool, bytes, notices } = observation
  if (tool === 'glob') {
    const { paths, total } = observation
    return {
      ok: true,
      tool,
      shown: { files: paths.length, lines: 0 },
      total: { files: total, lines: 0 },
      bytes,
      notices,
    }
  }
  if (tool === 'read_file') {
    const shown = { files: 1, lines: observation.lines.length }
    return { ok: true, tool, shown, total: { files: 1, lines: observation.totalLines }, bytes, notices }
  }
  if (tool === 'history') {
    const shown = { files: historyPaths(observation).size, lines: observation.commits.length }
    return { ok: true, tool, shown, total: { files: shown.files, lines: observation.total }, bytes, notices }
  }
  const { mode, totals } = observation
  if (mode === 'content') {
    const total = { files: totals.files, lines: totals.lines }
    return { ok: true, tool, mode, shown: shownLines(observation), total, bytes, notices }
  }
  const files = mode === 'paths' ? observation.paths.length : observation.counts.length
  return { ok: true, tool, mode, shown: { files, lines: 0 }, total: { files: totals.files, lines: 0 }, bytes, notices }
}

function shownLines({ files }: GrepContentObservation): Amount {
  const lines = files.reduce((sum, file) => sum + file.lines.filter(({ isMatch }) => isMatch).length, 0)
  return { files: files.length, lines }
}
