import type { Policy } from '../../agent/index.ts'
import { type ModelFlags, modelFromEnvironment } from '../../models/index.ts'
import { createEmbeddedPolicy, createLlmPolicy } from '../../policies/index.ts'
import type { ClosablePolicy } from '../policy.ts'
import { type LlmFlags, type LlmSettings, readLlmFlags } from './flags.ts'

/** What a policy is made with besides its settings. */
interface MakeOptions {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly includeTests: boolean
}

/** The settings that flags and environment name. Throws `model-missing` and `bad-argument`; asks nothing yet. */
export function resolveLlm(flags: LlmFlags, { env, cwd }: Pick<MakeOptions, 'env' | 'cwd'>): LlmSettings {
  const own = readLlmFlags(flags)
  // Made to be checked: an evaluation must not begin with a model that can't be.
  const { name } = modelFromEnvironment(flags, env, { cwd })
  return {
    model: flags.model ?? (env.FUSESEARCH_MODEL || name),
    baseUrl: flags.baseUrl ?? (env.FUSESEARCH_BASE_URL || null),
    wire: flags.wire ?? (env.FUSESEARCH_WIRE || null),
    flags: own,
  }
}

/** The policy of these settings. The key comes from `env` and stays in the model. */
export function createLlm(
  name: string,
  settings: LlmSettings,
  { env, cwd, includeTests }: MakeOptions,
): ClosablePolicy {
  const { flags } = settings
  const model = modelFromEnvironment(namesOf(settings), env, { cwd })
  const { priceIn, priceOut, priceCached, seedWith, fallback, novelty, foldAfter } = flags
  const { breadth, toolForm, temperature, maxTokens, maxReplyTokens, maxCost } = flags
  const embedded: Policy = createEmbeddedPolicy({ includeTests })
  const cached = priceCached === undefined ? {} : { cachedPerMillion: priceCached }
  const policy = createLlmPolicy({
    model,
    breadth,
    toolForm,
    noTools: name === 'llm-no-tools',
    context: { novelty, foldAfterTurns: foldAfter ?? null },
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(maxReplyTokens === undefined ? {} : { maxReplyTokens }),
    ...(maxCost === undefined ? {} : { maxCost }),
    ...(priceIn === undefined || priceOut === undefined
      ? {}
      : { price: { inputPerMillion: priceIn, outputPerMillion: priceOut, ...cached } }),
    ...(seedWith === undefined ? {} : { seedWith: embedded }),
    // What the model has by heart is the question there, so nothing may stand in for it.
    ...(fallback === 'none' || name === 'llm-no-tools' ? {} : { fallback: embedded }),
  })
  return { policy, close: () => model.close() }
}

function namesOf({ model, baseUrl, wire }: LlmSettings): ModelFlags {
  return { model, ...(baseUrl === null ? {} : { baseUrl }), ...(wire === null ? {} : { wire }) }
}
