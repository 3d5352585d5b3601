import type { TrainProgress } from '../../training/index.ts'

/** Shows how far training is. */
export interface TrainView {
  show(progress: TrainProgress): void
  end(): void
}

/** One line that is written anew at a terminal; elsewhere a line when a step begins. */
export function createTrainView(stream: NodeJS.WriteStream): TrainView {
  let last = ''
  return {
    show({ phase, iteration, done, total, rolloutsPerSecond }) {
      const step = phase === 'grpo' ? `grpo ${iteration}` : phase
      const line = `${step}: ${done}/${total} samples, ${rolloutsPerSecond.toFixed(1)} rollouts a second`
      if (stream.isTTY) stream.write(`\r\x1b[2K${line}`)
      else if (step !== last) stream.write(`${line}\n`)
      last = step
    },
    end() {
      if (stream.isTTY && last !== '') stream.write('\r\x1b[2K')
      last = ''
    },
  }
}
