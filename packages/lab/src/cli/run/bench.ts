import { asksModel, createPolicy, type LlmSettings } from 'fusesearch/cli'
import { systemClock } from 'fusesearch/core'
import type { Weights } from 'fusesearch/policies'
import { MODEL_LIMITS, PROGRAM_LIMITS, type ToolName } from 'fusesearch/search'
import type { Instance } from '../../datasets/index.ts'
import {
  type Bench,
  type Contestant,
  createBm25,
  createPolicyContestant,
  createPreparer,
  createSample,
  parseContestantName,
  parseSampleName,
  rowGold,
} from '../../evaluation/index.ts'
import { openRepositories, type PlainRepositories } from './dataset.ts'

/** What a run's processes need to make the same bench; plain data, so that it can be sent. */
export interface EvalSettings {
  readonly contestants: readonly string[]
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly deadlineMs: number | null
  readonly limits: 'model' | 'program'
  readonly tools: readonly ToolName[]
  readonly includeTests: boolean
  /** Of a weights file; null for the program's own. */
  readonly weights: Weights | null
  /** Of the policies that ask a model; null where none does. */
  readonly llm: LlmSettings | null
  readonly repositories: PlainRepositories
  readonly folder: string
  /** The folder that relative paths of model files start from. */
  readonly cwd: string
  readonly seed: number
  readonly searchLimitMs: number
  readonly version: string
  /** Digest of the code; part of what a run is. */
  readonly build: string
}

/** The rankers that `eval --policy` takes beside policies. */
export const RANKER_NAMES: readonly string[] = ['bm25', 'bm25-code']

/** A bench, and what ends its git processes. Throws `bad-argument` for a policy that there isn't. */
export async function makeBench(
  settings: EvalSettings,
  environment: NodeJS.ProcessEnv,
): Promise<Bench<Instance> & { close(): Promise<void> }> {
  const preparer = createPreparer(openRepositories(settings.repositories, environment))
  const made = await Promise.all(settings.contestants.map((name) => makeContestant(name, settings, environment)))
  return {
    contestants: made.map(({ contestant }) => contestant),
    gold: async (instance, signal) => {
      const { gold, baseCommit } = await preparer.gold(instance, signal)
      return { gold: rowGold(gold), commit: baseCommit }
    },
    snapshot: (instance, commit, signal) => preparer.snapshot(instance, commit, signal),
    folder: settings.folder,
    seed: settings.seed,
    searchLimitMs: settings.searchLimitMs,
    clock: systemClock,
    close: async () => {
      await Promise.all([preparer.close(), ...made.map(({ close }) => close())])
    },
  }
}

/** True when one of the contestants asks a model. */
export function someAsksModel(contestants: readonly string[]): boolean {
  return contestants.some((name) => asksModel(policyNameOf(name)))
}

/** True when all of them do. */
export function asksModelOnly(contestants: readonly string[]): boolean {
  return contestants.every((name) => asksModel(policyNameOf(name)))
}

/** The policies of contestants, without their turns. */
export function policyNamesOf(contestants: readonly string[]): string[] {
  return contestants.map(policyNameOf)
}

function policyNameOf(contestant: string): string {
  return parseContestantName(parseSampleName(contestant).policy).policy
}

interface MadeContestant {
  readonly contestant: Contestant
  readonly close: () => Promise<void>
}

function nothingOpen(): Promise<void> {
  return Promise.resolve()
}

async function makeContestant(name: string, settings: EvalSettings, env: NodeJS.ProcessEnv): Promise<MadeContestant> {
  const { sample, policy: unsampled } = parseSampleName(name)
  const { policy: policyName, maxTurns } = parseContestantName(unsampled)
  if (policyName === 'bm25') return { contestant: createBm25('all', systemClock), close: nothingOpen }
  if (policyName === 'bm25-code') return { contestant: createBm25('code', systemClock), close: nothingOpen }
  const { maxBreadth, deadlineMs, limits, tools, includeTests, llm, version } = settings
  const isLlm = asksModel(policyName)
  const breadth = isLlm && llm !== null && llm.flags.breadth !== 'adaptive' ? llm.flags.breadth : maxBreadth
  const weights = settings.weights ?? undefined
  const made = await createPolicy(policyName, { includeTests, weights, llm, env, cwd: settings.cwd })
  const contestant = createPolicyContestant({
    name,
    policy: made.policy,
    budget: { maxTurns: maxTurns ?? settings.maxTurns, maxBreadth: breadth, deadlineMs },
    limits: isLlm || limits === 'model' ? MODEL_LIMITS : PROGRAM_LIMITS,
    tools,
    full: sample !== null,
    version,
  })
  return { contestant: sample === null ? contestant : createSample(contestant), close: () => made.close() }
}
