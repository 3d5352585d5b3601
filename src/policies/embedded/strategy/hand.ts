import { OPTION_KINDS, type OptionKind, OWN_FEATURES, OWN_WIDTH, STATE_FEATURES } from './options.ts'
import { WORTH_ASKING } from './state.ts'
import type { KindParameters, Strategy } from './strategy.ts'

type StateFeature = (typeof STATE_FEATURES)[number]

/** How much more a point of value counts than one of chance; the higher, the less a sampled run strays. */
const SHARPNESS = 12
/** Enough to outweigh the value of any call. */
const RULE = SHARPNESS
/** A second entry joins the answer only when its chance comes this close to the first one's. */
const FILE_MARGIN = 0.8
const FUNCTION_MARGIN = 0.85
const MARGIN_SHARPNESS = 25

const CALL: Parameters<typeof kindOf>[1] = { own: { value: SHARPNESS, partner: RULE } }

const PARTS: Partial<
  Record<OptionKind, { own?: Record<string, number>; state?: Partial<Record<StateFeature, number>> }>
> = {
  term: CALL,
  paths: CALL,
  definitions: CALL,
  neighbours: CALL,
  read: CALL,
  history: CALL,
  end: { state: { bias: SHARPNESS * WORTH_ASKING }, own: { isWideEnough: RULE, isPartnerMissing: -2 * RULE } },
  'add-file': { state: { bias: -MARGIN_SHARPNESS * FILE_MARGIN }, own: { ratio: MARGIN_SHARPNESS } },
  'add-function': { state: { bias: -MARGIN_SHARPNESS * FUNCTION_MARGIN }, own: { ratio: MARGIN_SHARPNESS } },
}

/**
 * The hand-set strategy: all that promises enough, best first, as wide as the doubt; an answer that grows only on a
 * small margin. Sampled, it is the teacher of the first training phase.
 */
export const HAND_STRATEGY: Strategy = Object.fromEntries(
  OPTION_KINDS.map((kind) => [kind, kindOf(kind, PARTS[kind] ?? {})]),
) as Strategy

function kindOf(
  kind: OptionKind,
  parts: { own?: Record<string, number>; state?: Partial<Record<StateFeature, number>> },
): KindParameters {
  return {
    state: STATE_FEATURES.map((feature) => parts.state?.[feature] ?? 0),
    own: Array.from({ length: OWN_WIDTH }, (_, index) => parts.own?.[OWN_FEATURES[kind][index] ?? ''] ?? 0),
  }
}
