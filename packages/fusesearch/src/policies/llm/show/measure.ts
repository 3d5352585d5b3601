import type { TrajectoryTurn } from '../../../agent/index.ts'
import { FuseSearchError } from '../../../core/index.ts'
import { Knowledge } from '../knowledge.ts'
import type { ContextOptions } from '../options.ts'
import { createTokenEstimate } from '../tokens.ts'
import { showTurn } from './show-turn.ts'
import { ShownLines } from './shown-lines.ts'

/** What the context economy does to the observations of a run, in estimated tokens. */
export interface ContextSavings {
  readonly calls: number
  /** Everything shown, nothing hidden or cut. */
  readonly plainTokens: number
  /** With lines that were shown before hidden, and no budget. */
  readonly hidingTokens: number
  /** Within the budget, nothing hidden. */
  readonly budgetTokens: number
  /** With both, as a run has it. */
  readonly bothTokens: number
  readonly hiddenLines: number
  /** Calls that the budget cut in a run with both. */
  readonly cutCalls: number
}

const UNLIMITED = 1_000_000_000

/**
 * Measures on a recorded trajectory what hiding and the budget save, each alone and together.
 * Throws `bad-trajectory` when the turns hold digests only.
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
