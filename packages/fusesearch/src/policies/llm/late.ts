/** Functions that few callers need. Their code is loaded when called, so that other policies don't wait for it. */
import type { Trajectory, TrajectoryTurn } from '../../agent/index.ts'
import type { ContextOptions } from './options.ts'
import type { ContextSavings } from './show/show-turn.ts'
import type { ModelWords, TaughtConversation, TeachOptions, WordsOptions } from './taught.ts'

/**
 * Measures what hiding and the budget save on a recorded trajectory, separately and together.
 * Throws `bad-trajectory` if the turns contain only digests.
 */
export async function measureContext(
  turns: readonly TrajectoryTurn[],
  options: Required<ContextOptions>,
): Promise<ContextSavings> {
  const show = await import('./show/show-turn.ts')
  return show.measureContext(turns, options)
}

/**
 * The conversation in which a model repeats a recorded run: its calls turn by turn, then its answer. Several if results
 * are folded on the way.
 * Throws `bad-trajectory` for a run without whole observations or without an end, and for calls that a model
 * can't issue under these prompts.
 */
export async function conversationsOf(
  trajectory: Trajectory,
  options: TeachOptions = {},
): Promise<readonly TaughtConversation[]> {
  const taught = await import('./taught.ts')
  return taught.conversationsOf(trajectory, options)
}

/** The system prompt and the tools of the LLM policy with native calls. */
export async function describeModelWords(options: WordsOptions = {}): Promise<ModelWords> {
  const taught = await import('./taught.ts')
  return taught.describeModelWords(options)
}
