import { EMPTY_ANSWER, type Policy, type PolicyRun, type PolicySettings } from '../../agent/index.ts'
import { PAPER_TOOLS, type ToolName } from '../../search/index.ts'
import { type LlmOptions, resolveOptions, type Settings } from './options.ts'
import { PROMPT_VERSION } from './prompt-version.ts'
import type { Prompts } from './prompts.ts'
import type { LlmRun } from './run.ts'

/**
 * The paper's own form: a language model drives the tools, several calls a turn (§2). What a model does wrong is
 * repaired where that is safe and told back where it isn't, and noted in the trajectory either way. A failure of its
 * endpoint lets the fallback go on; without one it passes through, and the loop takes the best so far.
 * Throws `bad-argument` for options that no run can have.
 */
export function createLlmPolicy(options: LlmOptions): Policy {
  const settings = resolveOptions(options)
  const loaded = new Map<string, Promise<Prompts>>()
  const promptsFor = (tools: readonly ToolName[]): Promise<Prompts> => {
    const key = tools.join()
    const prompts = loaded.get(key) ?? import('./prompts.ts').then(({ loadPrompts }) => loadPrompts(settings, tools))
    loaded.set(key, prompts)
    return prompts
  }
  return {
    name: settings.noTools ? 'llm-no-tools' : 'llm',
    settings: recorded(settings),
    start: ({ issue, seed, tools = PAPER_TOOLS }) =>
      startLate(async () => {
        const { LlmRun } = await import('./run.ts')
        return new LlmRun({ settings, prompts: () => promptsFor(tools), issue, seed, tools })
      }),
  }
}

/** A run whose code is loaded with its first turn: whoever asks no model must not wait for it. */
function startLate(start: () => Promise<LlmRun>): PolicyRun {
  let run: LlmRun | undefined
  return {
    async next(state, signal) {
      run ??= await start()
      return run.next(state, signal)
    },
    answerNow: (state) => run?.answerNow(state) ?? EMPTY_ANSWER,
    takeReport: () => run?.takeReport() ?? { notes: [] },
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
