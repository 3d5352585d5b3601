/**
 * entities: what a call showed, how much of it was new, and how efficient a trajectory was (paper §3, SPEC §3).
 * Pure; it counts what observations hold and never looks at a repository.
 */
export { type Efficiency, measureEfficiency } from './efficiency.ts'
export type { Entity } from './entity.ts'
export { type ExtractedEntities, extractEntities } from './extract.ts'
export { createHistory, type Gain, gainOf, type History } from './gain.ts'
