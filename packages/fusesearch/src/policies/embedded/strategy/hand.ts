import { type KindParts, type Strategy, strategyOf } from './strategy.ts'

/** A call whose value is below this isn't worth a place in a turn; set by hand. */
export const WORTH_ASKING = 0.22

/** How much more a point of value counts than one of chance; the higher, the less a sampled run strays. */
const SHARPNESS = 12
/** Enough to outweigh the value of any call. */
const RULE = SHARPNESS
/** A second entry joins the answer only when its chance comes this close to the first one's. */
const FILE_MARGIN = 0.8
const FUNCTION_MARGIN = 0.85
const MARGIN_SHARPNESS = 25

const CALL: KindParts = { own: { value: SHARPNESS, partner: RULE } }

/**
 * The hand-set strategy: all that promises enough, best first, as wide as the doubt; an answer that grows only on a
 * small margin. Sampled, it is the teacher of the first training phase.
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
