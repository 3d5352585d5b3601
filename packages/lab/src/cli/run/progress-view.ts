import type { Clock } from 'fusesearch/core'
import { type Progress, renderProgress } from '../../evaluation/index.ts'

/** Shows a run's progress. */
export interface ProgressView {
  show(progress: Progress): void
  /** Leaves the cursor on a line of its own. */
  end(): void
}

/** Redraws at most so often on a terminal. */
const REDRAW_MS = 100
/** A log gets a line this often. */
const LOG_MS = 10_000

/** One line that is redrawn on a terminal, and a line now and then in a log. */
export function createProgressView(stream: NodeJS.WriteStream, clock: Clock): ProgressView {
  const everyMs = stream.isTTY ? REDRAW_MS : LOG_MS
  let shownMs = Number.NEGATIVE_INFINITY
  let hasLine = false
  return {
    show(progress) {
      const isLast = progress.done === progress.total
      if (clock.nowMs() - shownMs < everyMs && !isLast) return
      shownMs = clock.nowMs()
      const line = renderProgress(progress)
      stream.write(stream.isTTY ? `\r\u001b[2K${line}` : `${line}\n`)
      hasLine = stream.isTTY
    },
    end() {
      if (hasLine) stream.write('\n')
    },
  }
}
