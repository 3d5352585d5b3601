import type { Policy } from '../agent/index.ts'
import { FuseSearchError } from '../core/index.ts'
import {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createSequentialPolicy,
  type EmbeddedOptions,
} from '../policies/index.ts'

const CREATORS: Readonly<Record<string, (options: EmbeddedOptions) => Policy>> = {
  embedded: createEmbeddedPolicy,
  sequential: createSequentialPolicy,
  'fixed-breadth': createFixedBreadthPolicy,
}

/** Marks a run with `--include-tests` in its trajectory, so that a replay searches likewise. */
const WITH_TESTS = '+tests'

/** The policies that `--policy` takes. */
export const POLICY_NAMES: readonly string[] = Object.keys(CREATORS)

/** A policy by its name. Throws `bad-argument` for a name that there isn't. */
export function createPolicy(name: string, options: { readonly includeTests: boolean }): Policy {
  const create = CREATORS[name]
  if (create === undefined) {
    const message = `There is no policy "${name}". Take one of ${POLICY_NAMES.join(', ')}.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const policy = create(options)
  return options.includeTests ? { ...policy, name: `${name}${WITH_TESTS}` } : policy
}

/** The policy that a trajectory names. Throws `bad-argument` for one that this version doesn't have. */
export function policyOfTrajectory(name: string): Policy {
  const includeTests = name.endsWith(WITH_TESTS)
  return createPolicy(includeTests ? name.slice(0, -WITH_TESTS.length) : name, { includeTests })
}
