import type { Policy, PolicySettings } from '../agent/index.ts'
import { FuseSearchError } from '../core/index.ts'
import type { Pace } from '../models/index.ts'
import {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createSequentialPolicy,
  DEFAULT_WEIGHTS,
  digestReader,
  digestWeights,
  type EmbeddedOptions,
  HAND_WEIGHTS,
  type Reader,
  type Weights,
} from '../policies/index.ts'
import { LLM_POLICY_NAMES, type LlmSettings } from './llm/flags.ts'

/** The embedded policy before any training. */
export const HAND_WEIGHTED = 'hand-weighted'

const CREATORS: Readonly<Record<string, (options: EmbeddedOptions) => Policy>> = {
  embedded: createEmbeddedPolicy,
  sequential: createSequentialPolicy,
  'fixed-breadth': createFixedBreadthPolicy,
  [HAND_WEIGHTED]: (options) => ({
    ...createEmbeddedPolicy({ ...options, weights: HAND_WEIGHTS }),
    name: HAND_WEIGHTED,
  }),
}

/** Marks a run with `--include-tests` in its trajectory, so that a replay does the same. */
const WITH_TESTS = '+tests'

/** The policies that `--policy` accepts. */
export const POLICY_NAMES: readonly string[] = [...Object.keys(CREATORS), ...LLM_POLICY_NAMES]

/** A policy, and a function that ends its connections. */
export interface ClosablePolicy {
  readonly policy: Policy
  close(): Promise<void>
}

/** How to make a policy; `llm` is needed by those with a model. */
export interface PolicyOptions {
  readonly includeTests: boolean
  /** From a weights file; default: the program's own. */
  readonly weights?: Weights | undefined
  readonly llm: LlmSettings | null
  /** Reorders what is in doubt; the caller closes its encoder. */
  readonly reader?: Reader | undefined
  /** Limits the rate of requests to the model; without it, runs are independent. */
  readonly pace?: Pace | undefined
  readonly env: NodeJS.ProcessEnv
  /** The base folder of relative paths of model files. */
  readonly cwd: string
}

/** True for a policy with a model: it mostly waits, so many runs fit into one process. */
export function asksModel(name: string): boolean {
  return LLM_POLICY_NAMES.includes(name)
}

/** A policy by its name. Throws `bad-argument` for an unknown name, and what making a model throws. */
export async function createPolicy(name: string, options: PolicyOptions): Promise<ClosablePolicy> {
  if (!asksModel(name)) return { policy: createOwnPolicy(name, options), close: () => Promise.resolve() }
  if (options.llm === null) throw new Error(`the policy ${name} was made without its settings`)
  // Loaded late, so that policies without a model don't wait for it.
  const { createLlm } = await import('./llm/create.ts')
  return createLlm(name, options.llm, options)
}

/** What a replay is given on the command line. */
interface Given {
  /** Of a weights file. */
  readonly weights?: Weights | undefined
  readonly reader?: Reader | undefined
}

/**
 * The policy that a trajectory names, with the weights and the encoder that it was recorded with; `given` are those of the
 * command line. Throws `bad-argument` for one that can't be repeated.
 */
export function policyOfTrajectory({ policy: name, settings }: RecordedPolicy, given: Given = {}): Policy {
  if (asksModel(name)) {
    const message = `The trajectory was recorded with the policy ${name}. A model's replies can't be reproduced, so it can't be replayed. All its turns are in the file; search again with \`fusesearch locate --policy ${name}\`.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const includeTests = name.endsWith(WITH_TESTS)
  const weights = weightsOfTrajectory(settings?.weights, given.weights)
  const { reader } = given
  refuseOtherReader(settings?.encoder, reader)
  return createOwnPolicy(includeTests ? name.slice(0, -WITH_TESTS.length) : name, { includeTests, weights, reader })
}

/** A trajectory header's data about its policy. */
interface RecordedPolicy {
  readonly policy: string
  readonly settings?: PolicySettings
}

function refuseOtherReader(recorded: PolicySettings[string] | undefined, reader: Reader | undefined): void {
  const given = reader && digestReader(reader)
  if (recorded === given) return
  const message =
    recorded === undefined
      ? 'The trajectory was recorded without an encoder. Leave --encoder out.'
      : given === undefined
        ? `The trajectory was recorded with the encoder ${recorded}. Name it with --encoder.`
        : `The trajectory was recorded with the encoder ${recorded}, and that of --encoder is ${given}. Give the one that it was recorded with.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

/** Older trajectories name no weights: they were recorded with the hand-set ones. */
function weightsOfTrajectory(digest: PolicySettings[string] | undefined, given: Weights | undefined): Weights {
  const known = given === undefined ? [DEFAULT_WEIGHTS, HAND_WEIGHTS] : [given]
  const found = digest === undefined ? (given ?? HAND_WEIGHTS) : known.find((one) => digestWeights(one) === digest)
  if (found !== undefined) return found
  const [first = HAND_WEIGHTS] = known
  const message =
    given === undefined
      ? `The trajectory was recorded with the weights ${digest}, but this program has ${digestWeights(first)}. Give the file of the recorded weights with --weights.`
      : `The trajectory was recorded with the weights ${digest}, but --weights has ${digestWeights(first)}. Give the file of the recorded weights.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

type OwnOptions = Pick<PolicyOptions, 'includeTests' | 'reader' | 'weights'>

function createOwnPolicy(name: string, { includeTests, reader, weights }: OwnOptions): Policy {
  const create = CREATORS[name]
  if (create === undefined) {
    const message = `There is no policy "${name}". Take one of ${POLICY_NAMES.join(', ')}.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const policy = create({ includeTests, reader, ...(weights === undefined ? {} : { weights }) })
  return includeTests ? { ...policy, name: `${name}${WITH_TESTS}` } : policy
}
