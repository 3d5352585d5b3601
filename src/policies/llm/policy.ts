import type { Policy, PolicySettings } from '../../agent/index.ts'
import { type LlmOptions, resolveOptions, type Settings } from './options.ts'
import { loadPrompts, PROMPT_VERSION } from './prompts.ts'
import { LlmRun } from './run.ts'

/**
 * The paper's own form: a language model drives the tools, several calls a turn (§2). What a model does wrong is
 * repaired where that is safe and told back where it isn't, and noted in the trajectory either way. A failure of its
 * endpoint passes through, so that the loop takes the fallback's answer or the best so far.
 * Throws `bad-argument` for options that no run can have.
 */
export function createLlmPolicy(options: LlmOptions): Policy {
  const settings = resolveOptions(options)
  let loaded: ReturnType<typeof loadPrompts> | undefined
  const prompts = (): ReturnType<typeof loadPrompts> => {
    loaded ??= loadPrompts(settings)
    return loaded
  }
  return {
    name: settings.noTools ? 'llm-no-tools' : 'llm',
    settings: recorded(settings),
    start: ({ issue, seed }) => new LlmRun({ settings, prompts, issue, seed }),
  }
}

/** What a trajectory's header says of the settings. */
function recorded(settings: Settings): PolicySettings {
  const { model, breadth, toolForm, temperature, maxReplyTokens, context, spend, fallback, seedWith } = settings
  return {
    model: model.name,
    endpoint: model.endpoint,
    promptVersion: PROMPT_VERSION,
    breadth,
    toolForm,
    temperature: temperature ?? null,
    maxReplyTokens,
    ...context,
    maxTokens: spend.maxTokens ?? null,
    maxCost: spend.maxCost ?? null,
    fallback: fallback?.name ?? null,
    seedWith: seedWith?.name ?? null,
  }
}
