import { EMPTY_ANSWER, type Policy, type PolicyRun, type PolicySettings } from '../../agent/index.ts'
import { type LlmOptions, PROMPT_VERSION, partsOf, resolveOptions, type Settings } from './options.ts'
import type { LlmRun } from './run.ts'

/**
 * The paper's form (arXiv 2601.19568 §2): a language model drives the tools with several calls per turn. A model's
 * mistake is repaired if that is safe, else the model is told; the trajectory notes both. If the model fails, the
 * fallback takes over; without a fallback the failure reaches the loop, which takes the best answer so far.
 * Throws `bad-argument` for options out of range.
 */
export function createLlmPolicy(options: LlmOptions): Policy {
  const settings = resolveOptions(options)
  return {
    name: settings.noTools ? 'llm-no-tools' : 'llm',
    settings: recorded(settings),
    parts: partsOf(settings),
    start: (begun) =>
      startLate(async () => {
        const { LlmRun } = await import('./run.ts')
        return new LlmRun(settings, begun)
      }),
  }
}

/** A run whose code is loaded with its first turn, so that a process without a model doesn't wait for it. */
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

/** The settings as the trajectory's header records them. */
function recorded(settings: Settings): PolicySettings {
  const { model, breadth, toolForm, temperature, maxReplyTokens, context, spend, fallback, seedWith, trust } = settings
  return {
    model: model.name,
    endpoint: model.endpoint,
    promptVersion: PROMPT_VERSION,
    breadth,
    toolForm,
    temperature: temperature ?? null,
    maxReplyTokens,
    contextLength: settings.contextLength ?? null,
    ...context,
    maxTokens: spend.maxTokens ?? null,
    maxCost: spend.maxCost ?? null,
    fallback: fallback?.name ?? null,
    trust: fallback === undefined ? null : trust,
    seedWith: seedWith?.name ?? null,
  }
}
