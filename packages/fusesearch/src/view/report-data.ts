import type { ShownGold, ShownRun } from './page-data.ts'

/** A mean over `n` instances with its 95% interval, in percent; null without instances. */
export interface ShownEstimate {
  readonly n: number
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
}

export type ShownLevel = 'file' | 'function'
/** All instances, or those whose fix adds nothing and changes a function. */
export type ShownSubset = 'all' | 'kept'

/** The page of an evaluation. The lists of an instance are in the order of `policies`. */
export interface EvaluationData {
  readonly kind: 'evaluation'
  readonly title: string
  /** The commands that ran it. */
  readonly commands: readonly string[]
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly policies: readonly ShownPolicy[]
  /** One entry per pair of policies. */
  readonly pairs: readonly ShownPair[]
  readonly instances: readonly ShownInstance[]
  /** Numbers published by others; shown on demand. */
  readonly published: readonly ShownPublished[]
  readonly notices: readonly string[]
}

/** A policy, in percent. */
export interface ShownPolicy {
  readonly policy: string
  readonly subsets: Readonly<Record<ShownSubset, ShownSummary>>
}

export interface ShownSummary extends Readonly<Record<ShownLevel, ShownQuality>> {
  readonly instances: number
  readonly failed: number
  readonly search: ShownCosts
  readonly breakdown: readonly ShownGroup[]
}

export interface ShownQuality {
  readonly precision: ShownEstimate
  readonly recall: ShownEstimate
  readonly f1: ShownEstimate
  readonly accAt1: ShownEstimate
  readonly accAt3: ShownEstimate
  readonly accAt5: ShownEstimate
}

/** Means over searches. */
export interface ShownCosts {
  readonly turns: number | null
  readonly calls: number | null
  readonly redundancy: number | null
  readonly efficiency: { readonly value: number | null }
  readonly goldCalls: number | null
  readonly bytesShown: number | null
  readonly ms: { readonly mean: number | null; readonly p50: number | null; readonly p95: number | null }
  readonly model: {
    readonly inputTokens: number | null
    readonly outputTokens: number | null
    readonly cost: number | null
  } | null
  readonly byTurn: readonly {
    readonly turn: number
    /** Searches that made calls in it. */
    readonly n: number
    readonly breadth: number
    readonly gain: number
    readonly redundancy: number
  }[]
}

export interface ShownGroup {
  readonly by: 'repository' | 'language' | 'gold-files' | 'gold-functions' | 'issue-kind'
  readonly group: string
  readonly instances: number
  readonly fileF1: ShownEstimate
  readonly functionF1: ShownEstimate
}

/** Two policies on the same instances; `a` and `b` are their indices. Differences are A minus B. */
export interface ShownPair {
  readonly a: number
  readonly b: number
  readonly subsets: Readonly<Record<ShownSubset, Readonly<Record<ShownLevel, ShownDifference>>>>
}

export interface ShownDifference {
  readonly a: number | null
  readonly b: number | null
  readonly difference: ShownEstimate
  readonly wins: number
  readonly losses: number
  readonly ties: number
}

export interface ShownInstance {
  readonly id: string
  readonly repository: string
  readonly language: string
  readonly kinds: readonly string[]
  /** It belongs to the subset `kept`. */
  readonly isKept: boolean
  /** Null for a policy that didn't run on it. */
  readonly outcomes: readonly (ShownOutcome | null)[]
  /** An {@link InstanceDetail}, packed; null if the page has no more room. */
  readonly detail: string | null
}

/** How a search ended. Scores and shares are in [0, 1]; null without gold at the level. */
export interface ShownOutcome {
  readonly fileF1: number | null
  readonly functionF1: number | null
  readonly turns: number
  readonly calls: number
  readonly ms: number
  /** Null without a model. */
  readonly tokens: number | null
  readonly efficiency: number | null
  /** Set if it failed; it then counts as zero. */
  readonly error: { readonly code: string; readonly message: string } | null
}

/** Unpacked when an instance is opened; lists in the order of the policies. */
export interface InstanceDetail {
  readonly gold: ShownGold | null
  readonly answers: readonly (Pick<ShownGold, 'files' | 'functions'> | null)[]
  /** Null for a search without a trajectory. */
  readonly runs: readonly (ShownRun | null)[]
}

/** Percentages. */
export interface ShownPublished {
  readonly system: string
  readonly source: string
  readonly instances: string
  readonly fileF1: number | null
  readonly functionF1: number | null
  readonly seconds: number | null
  readonly turns: number | null
}

/** The page of a training, during and after it. */
export interface TrainingData {
  readonly kind: 'training'
  readonly title: string
  readonly command: string
  /** While the training runs, the page reloads its file. */
  readonly state: 'running' | 'stopped' | 'ended'
  /** When the page was written, as an ISO date. */
  readonly writtenAt: string
  readonly history: readonly ShownStep[]
  /** Index of the best weights so far in the history. */
  readonly best: number
  /** Maximum number of updates. */
  readonly iterations: number
  /** Calls by turn before and after, on the held-out samples; null until the end. */
  readonly breadth: { readonly before: readonly number[]; readonly after: readonly number[] } | null
  readonly gains: readonly ShownGain[]
  /** The results, in sentences. */
  readonly findings: readonly string[]
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** The first of the skipped samples. */
  readonly skipped: readonly { readonly id: string; readonly code: string; readonly message: string }[]
  readonly skippedCount: number
}

/** A step of a training. */
export interface ShownStep {
  readonly phase: 'hand' | 'ranking' | 'sft' | 'grpo' | 'answers' | 'lengths'
  /** Updates of phase 2 so far; 0 outside it. */
  readonly iteration: number
  /** Over the sampled rollouts. */
  readonly train?: ShownMetrics
  /** Over the held-out samples. */
  readonly validation?: ShownMetrics
  /** The factor of the penalty on cost. */
  readonly price?: number
  readonly loss?: { readonly kl: number; readonly entropy: number; readonly clipped: number }
}

/** Means over searches; shares and scores in [0, 1]. */
export interface ShownMetrics {
  readonly n: number
  readonly reward: number
  readonly fileF1: number
  readonly functionF1: number
  readonly efficiency: number
  readonly redundancy: number
  readonly turns: number
  readonly calls: number
  readonly bytes: number
  /** Mean calls by turn. */
  readonly breadth: readonly number[]
}

/** A measure on the held-out samples, before and after, as texts. */
export interface ShownGain {
  readonly name: string
  readonly n: number
  readonly before: string
  readonly after: string
  readonly difference: string
  readonly verdict: 'better' | 'worse' | 'open'
}
