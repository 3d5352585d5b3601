/**
 * policies: how to search. Given a state they return calls or an answer; they never touch a repository.
 * The LLM policy asks any chat model.
 * The embedded policy and its two references share one queue of scored calls and differ in breadth alone.
 */

export type { AnswerChain, AnswerChains } from './embedded/answer.ts'
export { findDefinitions } from './embedded/calls.ts'
export { issuePassage } from './embedded/encoded/passages.ts'
export {
  DOUBTED_FILES,
  type FileSimilarity,
  type FunctionSimilarity,
  firstChance,
  MAX_FILES as MAX_READ_FILES,
  MAX_FUNCTIONS as MAX_READ_FUNCTIONS,
  measureSimilarities,
  passagesOf,
  type Similarities,
} from './embedded/encoded/similarities.ts'
export {
  digestReader,
  ENCODER_WEIGHTS,
  type EncoderWeights,
  encoderWeightsFor,
  type Reader,
} from './embedded/encoded/weights.ts'
export { isStopWord, splitIdentifier, stem } from './embedded/issue/words.ts'
export { BINARY_GLOBS, type PathRole, roleOf } from './embedded/paths.ts'
export {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createSequentialPolicy,
  type EmbeddedOptions,
  type EmbeddedPolicy,
  type EmbeddedRun,
} from './embedded/policy.ts'
export { SHARPNESS } from './embedded/probability.ts'
export type { RankedFile } from './embedded/rank-files.ts'
export type { RankedFunction } from './embedded/rank-functions.ts'
export { ReadingMemo } from './embedded/reading-memo.ts'
export {
  type Choice,
  OPTION_KINDS,
  type Option,
  type OptionKind,
  OWN_WIDTH,
  STATE_WIDTH,
} from './embedded/strategy/features.ts'
export { HAND_STRATEGY } from './embedded/strategy/hand.ts'
export {
  chancesOf,
  fromVector,
  type KindParts,
  offsetOf,
  partsOf,
  STRATEGY_SIZE,
  type Strategy,
  type StrategyParts,
  scoreOptions,
  strategyOf,
  toVector,
} from './embedded/strategy/strategy.ts'
export { type TermEvidence, type TermShare, termEvidence } from './embedded/term-evidence.ts'
export { DEFAULT_WEIGHTS } from './embedded/trained.ts'
export { type ConfidenceWeights, HAND_WEIGHTS, type Weights } from './embedded/weights.ts'
export { digestWeights, parseWeights, WEIGHTS_VERSION, weightsText } from './embedded/weights-file.ts'
export { conversationsOf, describeModelWords, measureContext } from './llm/late.ts'
export { type ContextOptions, type LlmOptions, PROMPT_VERSION, type SpendLimits, type ToolForm } from './llm/options.ts'
export { createLlmPolicy } from './llm/policy.ts'
export type { ContextSavings } from './llm/show/show-turn.ts'
export type { ModelWords, TaughtConversation, TaughtText, TeachOptions, WordsOptions } from './llm/taught.ts'
