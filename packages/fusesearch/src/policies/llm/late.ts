/** What few callers of this room need, loaded with its first call: whoever asks no model must not wait for it. */
import type { Trajectory, TrajectoryTurn } from '../../agent/index.ts'
import type { ContextOptions } from './options.ts'
import type { ContextSavings } from './show/measure.ts'
import type { TaughtConversation, TeachOptions } from './taught/conversation.ts'
import type { ModelWords, WordsOptions } from './taught/describe.ts'

/**
 * Measures on a recorded trajectory what hiding and the budget save, each alone and together.
 * Throws `bad-trajectory` when the turns hold digests only.
 */
export async function measureContext(
  turns: readonly TrajectoryTurn[],
  options: Required<ContextOptions>,
): Promise<ContextSavings> {
  const late = await import('./show/measure.ts')
  return late.measureContext(turns, options)
}

/**
 * The conversation in which a model does what a recorded run did: its calls turn by turn, then its answer.
 * Throws `bad-trajectory` for a run without whole observations or without an end, and for calls that a model can't
 * issue in these words.
 */
export async function conversationOf(trajectory: Trajectory, options: TeachOptions = {}): Promise<TaughtConversation> {
  const late = await import('./taught/conversation.ts')
  return late.conversationOf(trajectory, options)
}

/** The system prompt and the tools of the LLM policy with native calls. */
export async function describeModelWords(options: WordsOptions = {}): Promise<ModelWords> {
  const late = await import('./taught/describe.ts')
  return late.describeModelWords(options)
}
