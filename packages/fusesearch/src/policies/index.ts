/**
 * policies: how to search. Given a state they return calls or an answer; they never touch a repository.
 * The LLM policy asks any chat model.
 * The embedded policy and its two references share one queue of scored calls and differ in breadth alone.
 */
export {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createSequentialPolicy,
  type EmbeddedOptions,
  type Rankings,
  type TrainingOptions,
} from './embedded/policy.ts'
export type { RankedFile } from './embedded/rank-files.ts'
export type { RankedFunction } from './embedded/rank-functions.ts'
export { ReadingMemo } from './embedded/reading-memo.ts'
export type { AnswerChain, AnswerChains } from './embedded/strategy/answer-options.ts'
export { HAND_STRATEGY } from './embedded/strategy/hand.ts'
export {
  OPTION_KINDS,
  type Option,
  type OptionKind,
  OWN_WIDTH,
  type Pick,
  STATE_WIDTH,
} from './embedded/strategy/options.ts'
export { type KindParts, partsOf, type StrategyParts, strategyOf } from './embedded/strategy/parts.ts'
export {
  chancesOf,
  fromVector,
  offsetOf,
  STRATEGY_SIZE,
  type Strategy,
  scoreOptions,
  toVector,
} from './embedded/strategy/strategy.ts'
export type { TermEvidence, TermShare } from './embedded/term-evidence.ts'
export { DEFAULT_WEIGHTS } from './embedded/trained.ts'
export { type ConfidenceWeights, HAND_WEIGHTS, type Weights } from './embedded/weights.ts'
export { digestWeights, parseWeights, WEIGHTS_VERSION, weightsText } from './embedded/weights-file.ts'
export { conversationOf, describeModelWords, measureContext } from './llm/late.ts'
export type { ContextOptions, LlmOptions, SpendLimits, ToolForm } from './llm/options.ts'
export { createLlmPolicy } from './llm/policy.ts'
export { PROMPT_VERSION } from './llm/prompt-version.ts'
export type { ContextSavings } from './llm/show/measure.ts'
export type { TaughtConversation, TeachOptions } from './llm/taught/conversation.ts'
export type { ModelWords, WordsOptions } from './llm/taught/describe.ts'
