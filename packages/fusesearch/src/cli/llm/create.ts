import { join } from 'node:path'
import type { Policy } from '../../agent/index.ts'
import { type ModelFlags, modelFromEnvironment, type Pace } from '../../models/index.ts'
import { createEmbeddedPolicy, createLlmPolicy, type Reader } from '../../policies/index.ts'
import { cacheFolder } from '../../programs/index.ts'
import { type LlmFlags, type LlmSettings, readLlmFlags } from './flags.ts'

/** What a policy needs besides its settings. */
interface MakeOptions {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly includeTests: boolean
  /** Of the policy that continues or begins. */
  readonly reader?: Reader | undefined
  /** Shared with other users of the same endpoint. */
  readonly pace?: Pace | undefined
}

/** The settings from flags and environment. Sends no request. Throws `model-missing` and `bad-argument`. */
export function resolveLlm(flags: LlmFlags, { env, cwd }: Pick<MakeOptions, 'env' | 'cwd'>): LlmSettings {
  const own = readLlmFlags(flags)
  // Made only as a check: an evaluation must not start with an impossible model.
  const { name } = modelFromEnvironment(flags, env, { cwd })
  return {
    model: flags.model ?? (env.FUSESEARCH_MODEL || name),
    baseUrl: flags.baseUrl ?? (env.FUSESEARCH_BASE_URL || null),
    wire: flags.wire ?? (env.FUSESEARCH_WIRE || null),
    flags: own,
  }
}

/**
 * The policy with these settings, and a function that ends its connections. The key comes from `env` and stays in the
 * model.
 */
export function createLlm(
  name: string,
  settings: LlmSettings,
  { env, cwd, includeTests, pace, reader }: MakeOptions,
): { readonly policy: Policy; close(): Promise<void> } {
  const { priceIn, priceOut, priceCached, seedWith, fallback, novelty, foldAfter, ...others } = settings.flags
  const { maxResultTokens, threads, ...flags } = others
  const model = modelFromEnvironment(namesOf(settings), env, {
    cwd,
    stateFolder: join(cacheFolder(env), 'gguf'),
    engineFolder: join(cacheFolder(env), 'engine'),
    ...(pace === undefined ? {} : { pace }),
    ...(threads === undefined ? {} : { threads }),
    ...(flags.contextLength === undefined ? {} : { contextSize: flags.contextLength }),
  })
  const embedded = createEmbeddedPolicy({ includeTests, reader })
  const cached = priceCached === undefined ? {} : { cachedPerMillion: priceCached }
  const noTools = name === 'llm-no-tools'
  const policy = createLlmPolicy({
    ...flags,
    model,
    noTools,
    context: {
      novelty,
      foldAfterTurns: foldAfter ?? null,
      ...(maxResultTokens === undefined ? {} : { maxTokensPerTurn: maxResultTokens }),
    },
    ...(priceIn === undefined || priceOut === undefined
      ? {}
      : { price: { inputPerMillion: priceIn, outputPerMillion: priceOut, ...cached } }),
    ...(seedWith === undefined ? {} : { seedWith: embedded }),
    // Without tools, the model's own knowledge is measured, so no other answer may replace it.
    ...(fallback === 'none' || noTools ? {} : { fallback: embedded }),
  })
  return { policy, close: () => model.close() }
}

function namesOf({ model, baseUrl, wire }: LlmSettings): ModelFlags {
  return { model, ...(baseUrl === null ? {} : { baseUrl }), ...(wire === null ? {} : { wire }) }
}
