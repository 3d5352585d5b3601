/**
 * policies: how to search. Given a state they return calls or an answer; they never touch a repository.
 * The embedded policy and its two references share one queue of scored calls and differ in breadth alone.
 */
export {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createSequentialPolicy,
  type EmbeddedOptions,
} from './embedded/policy.ts'
export { HAND_WEIGHTS, type Weights } from './embedded/weights.ts'
