import { type KindParts, type Strategy, strategyOf } from './strategy.ts'

/** A call with a lower value isn't worth issuing; set by hand. */
export const WORTH_ASKING = 0.22

/** Weight of a call's value in its score; the higher, the less a sampled run differs from the best one. */
const SHARPNESS = 12
/** Enough to outweigh the value of any call. */
const RULE = SHARPNESS
/** A second entry is added to the answer only if its probability is this close to the first one's. */
const FILE_MARGIN = 0.8
const FUNCTION_MARGIN = 0.85
const MARGIN_SHARPNESS = 25

const CALL: KindParts = { own: { value: SHARPNESS, partner: RULE } }

/**
 * The hand-set strategy: all calls of enough value, best first, more of them the more uncertain the search is; an answer
 * that gets a second entry only if it is nearly as good as the first. Sampled, it is the teacher of the first training
 * phase.
 */
export const HAND_STRATEGY: Strategy = strategyOf({
  term: CALL,
  paths: { own: { value: SHARPNESS } },
  definitions: CALL,
  neighbours: CALL,
  read: { own: { value: SHARPNESS } },
  history: { own: { value: SHARPNESS } },
  end: { state: { bias: SHARPNESS * WORTH_ASKING }, own: { isWideEnough: RULE, isPartnerMissing: -2 * RULE } },
  'add-file': { state: { bias: -MARGIN_SHARPNESS * FILE_MARGIN }, own: { ratio: MARGIN_SHARPNESS } },
  'add-function': { state: { bias: -MARGIN_SHARPNESS * FUNCTION_MARGIN }, own: { ratio: MARGIN_SHARPNESS } },
})
