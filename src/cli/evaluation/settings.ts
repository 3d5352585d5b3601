import { systemClock } from '../../core/index.ts'
import type { Instance } from '../../datasets/index.ts'
import {
  type Bench,
  type Contestant,
  createBm25,
  createGoldCache,
  createPolicyContestant,
  createPreparer,
  parseContestantName,
  rowGold,
} from '../../evaluation/index.ts'
import { MODEL_LIMITS, PROGRAM_LIMITS, type ToolName } from '../../tools/index.ts'
import { createPolicy } from '../policy.ts'
import { digestGoldCode } from './setup.ts'

/** What a run's processes need to make the same bench; plain data, so that it can be sent. */
export interface EvalSettings {
  readonly contestants: readonly string[]
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly deadlineMs: number | null
  readonly limits: 'model' | 'program'
  readonly tools: readonly ToolName[]
  readonly includeTests: boolean
  readonly repositories: {
    readonly template: string | null
    readonly map: readonly (readonly [string, string])[] | null
    readonly cacheDir: string
  }
  readonly folder: string
  readonly seed: number
  readonly searchLimitMs: number
  readonly version: string
  /** Digest of the code; part of what a run is. */
  readonly build: string
}

/** The rankers that `eval --policy` takes beside policies. */
export const RANKER_NAMES: readonly string[] = ['bm25', 'bm25-code']

/** A bench, and what ends its git processes. Throws `bad-argument` for a policy that there isn't. */
export function makeBench(
  settings: EvalSettings,
  environment: NodeJS.ProcessEnv,
): Bench<Instance> & { close(): Promise<void> } {
  const { template, map, cacheDir } = settings.repositories
  const preparer = createPreparer({
    template: template ?? undefined,
    map: map === null ? undefined : new Map(map.map(([from, to]): [string, string] => [from, to])),
    cacheDir,
    environment,
    goldCache: createGoldCache(cacheDir, digestGoldCode()),
  })
  return {
    contestants: settings.contestants.map((name) => makeContestant(name, settings)),
    gold: async (instance, signal) => {
      const { gold, baseCommit } = await preparer.gold(instance, signal)
      return { gold: rowGold(gold), commit: baseCommit }
    },
    snapshot: (instance, commit, signal) => preparer.snapshot(instance, commit, signal),
    folder: settings.folder,
    seed: settings.seed,
    searchLimitMs: settings.searchLimitMs,
    clock: systemClock,
    close: () => preparer.close(),
  }
}

function makeContestant(name: string, settings: EvalSettings): Contestant {
  const { policy, maxTurns } = parseContestantName(name)
  if (policy === 'bm25') return createBm25('all', systemClock)
  if (policy === 'bm25-code') return createBm25('code', systemClock)
  const { maxBreadth, deadlineMs, limits, tools, includeTests, version } = settings
  return createPolicyContestant({
    name,
    policy: createPolicy(policy, { includeTests }),
    budget: { maxTurns: maxTurns ?? settings.maxTurns, maxBreadth, deadlineMs },
    limits: limits === 'model' ? MODEL_LIMITS : PROGRAM_LIMITS,
    tools,
    version,
  })
}
