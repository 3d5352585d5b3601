/** How efficient the calls of a trajectory were. */
export interface Efficiency {
  /** e = (1/k) Σ g_i, in [0, 1]; null without a call, and then left out of every mean (arXiv 2601.19568 §3). */
  readonly efficiency: number | null
  /** Calls that revealed nothing new: g_i = 0. */
  readonly redundantCalls: number
  /** k */
  readonly calls: number
}

/** Measures the efficiency of a trajectory from the gains of its calls. */
export function measureEfficiency(gains: readonly number[]): Efficiency {
  const calls = gains.length
  const sum = gains.reduce((total, gain) => total + gain, 0)
  return {
    efficiency: calls === 0 ? null : sum / calls,
    redundantCalls: gains.filter((gain) => gain === 0).length,
    calls,
  }
}
