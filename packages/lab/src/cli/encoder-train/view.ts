import { clockTime, percentOf } from '../../report/index.ts'
import type { Summary, TuneProgress } from '../../training/index.ts'

/** The line for each progress of a training of so many epochs. */
export function createView(epochs: number): (progress: TuneProgress) => string {
  let measured = ''
  return (progress) => {
    if (progress.kind === 'pairs') return `${progress.done} of ${progress.total} samples searched`
    if (progress.kind === 'epoch') {
      const { epoch, best, summary } = progress
      const name = epoch === 0 ? 'untrained' : `epoch ${epoch}`
      measured = ` · held out, ${name}: ${shortOf(summary)}${epoch > 0 && best === epoch ? ', the best so far' : ''}`
      return `epoch ${epoch} of ${epochs}${measured}`
    }
    const { step, steps, secondsLeft } = progress
    const epoch = Math.min(epochs, Math.floor((step / steps) * epochs) + 1)
    return `epoch ${epoch} of ${epochs}: ${step}/${steps} updates · ${clockTime(secondsLeft * 1_000)} left${measured}`
  }
}

function shortOf({ all: { files, functions } }: Summary): string {
  const parts = [files && `first file ${share(files.alone, files.open)}`]
  parts.push(functions && `first function ${share(functions.alone, functions.open)}`)
  return parts.filter((part) => part !== undefined).join(', ')
}

/** A count as percent of another. */
export function share(count: number, of: number): string {
  return percentOf(count / Math.max(1, of))
}
