import type { ConfidenceWeights } from 'fusesearch/policies'

/** The stated probability that the first file is right, and whether it was. */
export interface Verdict {
  readonly chance: number
  readonly isRight: boolean
}

const STEPS = 2_000
const RATE = 0.05
/** Penalty for leaving the identity, as a number of verdicts. */
const PRIOR = 4

/** Platt scaling: the linear function of the log-odds that makes the verdicts most likely. */
export function calibrate(verdicts: readonly Verdict[]): ConfidenceWeights {
  let [slope, bias] = [1, 0]
  const odds = verdicts.map(({ chance }) => logOdds(chance))
  for (let step = 0; step < STEPS; step += 1) {
    let [onSlope, onBias] = [PRIOR * (slope - 1), PRIOR * bias]
    for (const [index, { isRight }] of verdicts.entries()) {
      const at = odds[index] ?? 0
      const error = 1 / (1 + Math.exp(-slope * at - bias)) - (isRight ? 1 : 0)
      onSlope += error * at
      onBias += error
    }
    slope -= (RATE * onSlope) / (verdicts.length + PRIOR)
    bias -= (RATE * onBias) / (verdicts.length + PRIOR)
  }
  return { slope, bias }
}

/** Expected calibration error over ten bins: the mean distance between stated probability and share of right ones. */
export function calibrationError(verdicts: readonly Verdict[]): number {
  const bins = Array.from({ length: 10 }, (): Verdict[] => [])
  for (const verdict of verdicts) bins[Math.min(9, Math.floor(verdict.chance * 10))]?.push(verdict)
  const errors = bins.map((bin) => {
    const stated = bin.reduce((sum, { chance }) => sum + chance, 0)
    const right = bin.filter(({ isRight }) => isRight).length
    return Math.abs(stated - right)
  })
  return errors.reduce((sum, error) => sum + error, 0) / Math.max(1, verdicts.length)
}

function logOdds(chance: number): number {
  const bounded = Math.min(1 - 1e-6, Math.max(1e-6, chance))
  return Math.log(bounded / (1 - bounded))
}
