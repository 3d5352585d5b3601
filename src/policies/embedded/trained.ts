/**
 * The weights that the policies use when none are given. No training was better than the hand weights yet;
 * `scripts/ship-weights.mjs RUN_FOLDER` writes this file from one that is.
 */
import { HAND_WEIGHTS, type Weights } from './weights.ts'

export const DEFAULT_WEIGHTS: Weights = HAND_WEIGHTS
