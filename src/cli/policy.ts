import type { Policy } from '../agent/index.ts'
import { FuseSearchError } from '../core/index.ts'
import {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createSequentialPolicy,
  type EmbeddedOptions,
} from '../policies/index.ts'
import { LLM_POLICY_NAMES, type LlmSettings } from './llm/flags.ts'

const CREATORS: Readonly<Record<string, (options: EmbeddedOptions) => Policy>> = {
  embedded: createEmbeddedPolicy,
  sequential: createSequentialPolicy,
  'fixed-breadth': createFixedBreadthPolicy,
}

/** Marks a run with `--include-tests` in its trajectory, so that a replay searches likewise. */
const WITH_TESTS = '+tests'

/** The policies that `--policy` takes. */
export const POLICY_NAMES: readonly string[] = [...Object.keys(CREATORS), ...LLM_POLICY_NAMES]

/** A policy, and what ends the connections that it keeps. */
export interface ClosablePolicy {
  readonly policy: Policy
  close(): Promise<void>
}

/** How to make a policy; `llm` is needed by those that ask a model. */
export interface PolicyOptions {
  readonly includeTests: boolean
  readonly llm: LlmSettings | null
  readonly env: NodeJS.ProcessEnv
  /** The folder that relative paths of model files start from. */
  readonly cwd: string
}

/** True for a policy that asks a model: its time is spent waiting, so that many runs fit into one process. */
export function asksModel(name: string): boolean {
  return LLM_POLICY_NAMES.includes(name)
}

/** A policy by its name. Throws `bad-argument` for a name that there isn't, and what making a model throws. */
export async function createPolicy(name: string, options: PolicyOptions): Promise<ClosablePolicy> {
  if (!asksModel(name)) return { policy: createOwnPolicy(name, options), close: () => Promise.resolve() }
  if (options.llm === null) throw new Error(`the policy ${name} was made without its settings`)
  // Loaded late: who asks no model must not wait for what only models need.
  const { createLlm } = await import('./llm/create.ts')
  return createLlm(name, options.llm, options)
}

/** The policy that a trajectory names. Throws `bad-argument` for one that can't be asked again. */
export function policyOfTrajectory(name: string): Policy {
  if (asksModel(name)) {
    const message = `The trajectory is one of the policy ${name}: a model can't be made to say the same again, so it can't be replayed. Its turns are all in the file; ask anew with \`fusesearch locate --policy ${name}\`.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const includeTests = name.endsWith(WITH_TESTS)
  return createOwnPolicy(includeTests ? name.slice(0, -WITH_TESTS.length) : name, { includeTests })
}

function createOwnPolicy(name: string, options: { readonly includeTests: boolean }): Policy {
  const create = CREATORS[name]
  if (create === undefined) {
    const message = `There is no policy "${name}". Take one of ${POLICY_NAMES.join(', ')}.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const policy = create(options)
  return options.includeTests ? { ...policy, name: `${name}${WITH_TESTS}` } : policy
}
