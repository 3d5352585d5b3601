import { asksModel, createPolicy, type LlmSettings, openEncoderOf, readerOf } from 'fusesearch/cli'
import { systemClock } from 'fusesearch/core'
import type { Pace } from 'fusesearch/models'
import { digestReader, type Reader, type Weights } from 'fusesearch/policies'
import { type PaceLimits, refusal } from 'fusesearch/queue'
import { MODEL_LIMITS, PROGRAM_LIMITS, type ToolName } from 'fusesearch/search'
import {
  type Contestant,
  createBm25,
  createPolicyContestant,
  createPreparer,
  createSampleContestant,
  parseContestantName,
  parseSampleName,
  type RunContext,
} from '../../evaluation/index.ts'
import { openRepositories, type PlainRepositories } from './dataset.ts'

/** Data from which each process of a run makes the same context; plain data, so that it can be sent. */
export interface EvalSettings {
  readonly contestants: readonly string[]
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly deadlineMs: number | null
  readonly limits: 'model' | 'program'
  readonly tools: readonly ToolName[]
  readonly includeTests: boolean
  /** From a weights file; null for the program's own. */
  readonly weights: Weights | null
  /** What `--encoder` names, and a digest of all that it changes; null without one. */
  readonly encoder: { readonly name: string; readonly digest: string } | null
  /** Settings of the model; null if no policy uses one. */
  readonly llm: LlmSettings | null
  /** Limits per minute of the model's endpoint; null without a queue. */
  readonly pace: PaceLimits | null
  readonly repositories: PlainRepositories
  readonly folder: string
  /** The base folder of relative paths of model files. */
  readonly cwd: string
  readonly seed: number
  readonly searchLimitMs: number
  readonly version: string
  /** Digest of the code; part of a run's identity. */
  readonly build: string
}

/** The rankers that `eval --policy` accepts beside policies. */
export const RANKER_NAMES: readonly string[] = ['bm25', 'bm25-code']

/** Makes a context; `close` ends its git processes and models. Throws `bad-argument` for an unknown policy. */
export async function openContext(
  settings: EvalSettings,
  environment: NodeJS.ProcessEnv,
  pace?: Pace,
): Promise<RunContext & { close(): Promise<void> }> {
  const preparer = createPreparer(openRepositories(settings.repositories, environment))
  const encoder = await openEncoderOf(settings.encoder?.name, { env: environment, cwd: settings.cwd })
  const reader = readerOf(encoder, settings.weights ?? undefined)
  if (reader !== undefined && digestReader(reader) !== settings.encoder?.digest) {
    throw refusal(`The run reads with the encoder ${settings.encoder?.digest}, and here is ${digestReader(reader)}.`)
  }
  const made = await Promise.all(
    settings.contestants.map((name) => makeContestant(name, settings, { env: environment, pace, reader })),
  )
  return {
    contestants: made.map(({ contestant }) => contestant),
    preparer,
    folder: settings.folder,
    seed: settings.seed,
    searchLimitMs: settings.searchLimitMs,
    clock: systemClock,
    close: async () => {
      await Promise.all([preparer.close(), encoder?.close(), ...made.map((one) => one.close())])
    },
  }
}

/** The policies of contestants, without their turns. */
export function policyNamesOf(contestants: readonly string[]): string[] {
  return contestants.map((name) => parseContestantName(parseSampleName(name).policy).policy)
}

interface MadeContestant {
  readonly contestant: Contestant
  close(): Promise<void>
}

async function makeContestant(
  name: string,
  settings: EvalSettings,
  {
    env,
    pace,
    reader,
  }: { readonly env: NodeJS.ProcessEnv; readonly pace: Pace | undefined; readonly reader: Reader | undefined },
): Promise<MadeContestant> {
  const { sample, policy: unsampled } = parseSampleName(name)
  const { policy: policyName, maxTurns } = parseContestantName(unsampled)
  if (RANKER_NAMES.includes(policyName)) {
    const contestant = createBm25(policyName === 'bm25' ? 'all' : 'code', systemClock)
    return { contestant, close: () => Promise.resolve() }
  }
  const { maxBreadth, deadlineMs, limits, tools, includeTests, llm, version } = settings
  const isLlm = asksModel(policyName)
  const breadth = isLlm && llm !== null && llm.flags.breadth !== 'adaptive' ? llm.flags.breadth : maxBreadth
  const weights = settings.weights ?? undefined
  const made = await createPolicy(policyName, { includeTests, weights, reader, llm, pace, env, cwd: settings.cwd })
  const contestant = createPolicyContestant({
    name,
    policy: made.policy,
    budget: { maxTurns: maxTurns ?? settings.maxTurns, maxBreadth: breadth, deadlineMs },
    limits: isLlm || limits === 'model' ? MODEL_LIMITS : PROGRAM_LIMITS,
    tools,
    full: sample !== null,
    version,
  })
  return { contestant: sample === null ? contestant : createSampleContestant(contestant), close: () => made.close() }
}
