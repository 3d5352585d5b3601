import type { Clock } from 'fusesearch/core'
import { clockTime, createStatusLine, percentOf, type StatusStream } from '../../report/index.ts'
import type { TrainProgress } from '../../training/index.ts'

/** Shows the progress of a training. */
interface TrainView {
  show(progress: TrainProgress): void
  /** Ends the line. */
  end(): void
}

/** Interval of progress lines in a log within a step. */
const LOG_MS = 60_000

/** Shows the progress of a training as a status line. */
export function createTrainView(stream: StatusStream, clock: Clock): TrainView {
  const times = createTimes(clock)
  const status = createStatusLine(stream, { clock, logMs: LOG_MS })
  let step = ''
  let place = 0
  return {
    show(progress) {
      // Every step plays held-out samples.
      place = STEPS.indexOf(progress.phase) + 1 || place
      const line = `${placeName(place)}${renderTrainProgress(progress, times.left(progress))}`
      const isNew = step !== stepName(progress)
      step = stepName(progress)
      status.show(line, isNew)
    },
    end() {
      status.end()
      step = ''
    },
  }
}

/** The steps of a whole training in order; settings may leave some out. */
const STEPS: readonly TrainProgress['phase'][] = ['ranking', 'sft', 'grpo', 'answers', 'lengths']

/** Empty before the first. */
function placeName(place: number): string {
  return place === 0 ? '' : `step ${place} of ${STEPS.length} · `
}

/** Milliseconds left; null until there is a rate. */
interface TimeLeft {
  readonly stepMs: number | null
  /** Of phase 2, if it makes all of its updates. */
  readonly allMs: number | null
}

/** One line: `update 7 of 40: 33/96 samples · 41.2 rollouts/s · 0:12 left, 14:30 in all · held out: …`. */
export function renderTrainProgress(progress: TrainProgress, { stepMs, allMs }: TimeLeft): string {
  const { done, total, rolloutsPerSecond, validation } = progress
  const times = [
    ...(stepMs === null ? [] : [`${clockTime(stepMs)} left`]),
    ...(allMs === null ? [] : [`at most ${clockTime(allMs)} in all`]),
  ]
  const parts = [
    `${stepName(progress)}: ${done}/${total} samples`,
    `${rolloutsPerSecond.toFixed(1)} rollouts/s`,
    ...(times.length === 0 ? [] : [times.join(', ')]),
  ]
  if (validation !== undefined) {
    const { reward, fileF1, functionF1, efficiency } = validation
    const [file, functions, e] = [fileF1, functionF1, efficiency].map(percentOf)
    parts.push(`held out: reward ${reward.toFixed(3)}, F1 ${file} file ${functions} function, e ${e}`)
  }
  return parts.join(' · ')
}

function stepName({ phase, iteration, iterations }: TrainProgress): string {
  return phase === 'grpo' ? `update ${iteration} of ${iterations}` : NAMES[phase]
}

const NAMES = {
  hand: 'start',
  ranking: 'ranking',
  sft: 'cloning',
  answers: 'ranking, second fit',
  lengths: 'lengths of answers',
  validation: 'held out',
} as const

/** Rates: of the step since it began, and of an update since the first observed one began. */
function createTimes(clock: Clock): { left(progress: TrainProgress): TimeLeft } {
  let step = { name: '', sinceMs: 0, before: 0 }
  let updates: { readonly first: number; readonly from: number; readonly sinceMs: number } | undefined
  return {
    left(progress) {
      const { phase, iteration, iterations, done, total } = progress
      const nowMs = clock.nowMs()
      const name = `${phase} ${iteration}`
      // The first report of a step comes when its first samples are done, so their time is unknown.
      if (name !== step.name || done < step.before) step = { name, sinceMs: nowMs, before: done }
      if (phase === 'grpo') updates ??= { first: iteration, from: iteration + done / total, sinceMs: nowMs }
      const stepMs = timeFor(total - done, { count: done - step.before, ms: nowMs - step.sinceMs })
      if (phase !== 'grpo' || updates === undefined) return { stepMs, allMs: null }
      const made = iteration + done / total - updates.from
      const isKnown = iteration > updates.first
      const allMs = timeFor(iterations - iteration + 1 - done / total, { count: made, ms: nowMs - updates.sinceMs })
      return { stepMs, allMs: isKnown ? allMs : null }
    },
  }
}

function timeFor(rest: number, { count, ms }: { readonly count: number; readonly ms: number }): number | null {
  return count <= 0 ? null : (rest * ms) / count
}
