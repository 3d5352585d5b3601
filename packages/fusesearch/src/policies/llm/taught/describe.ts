import type { ToolDefinition } from '../../../models/index.ts'
import type { ToolName } from '../../../search/index.ts'
import { PROMPT_VERSION } from '../prompt-version.ts'
import { ANSWER_TOOL, loadPrompts } from '../prompts.ts'

/** Every word that a model gets before the issue: what data, serving and a trainer must have in common. */
export interface ModelWords {
  readonly promptVersion: number
  readonly system: string
  /** The tools in the order in which they are offered; the last ends the search. */
  readonly tools: readonly ToolDefinition[]
  readonly answerTool: string
}

/** Which model is spoken to: one that is free in its breadth, or bound to a number of calls a turn. */
export interface WordsOptions {
  readonly breadth?: 'adaptive' | number
  readonly tools?: readonly ToolName[]
}

/** The system prompt and the tools of the LLM policy with native calls. */
export async function describeModelWords({ breadth = 'adaptive', tools }: WordsOptions = {}): Promise<ModelWords> {
  const { system, definitions } = await loadPrompts({ breadth, toolForm: 'native', noTools: false }, tools)
  return { promptVersion: PROMPT_VERSION, system, tools: definitions, answerTool: ANSWER_TOOL }
}
