/**
 * datasets: instances from every known format, which repositories are the same, and the gold of an instance, which is
 * what its fix changed. It knows nothing about policies, answers or scores.
 */

export { type Fix, type FixCommits, fixBetween, fixFromCommits, fixOf, type GoldAtBase, goldOf } from './gold/fix.ts'
export { extractGold, type Gold, type GoldFunction, type GoldRequest } from './gold/gold.ts'
export { isTestPath } from './gold/patch.ts'
export { baseCommitOf, type DeclaredGold, type Instance } from './instance.ts'
export { type BadRow, type Dataset, describeBadRow, type LoadOptions, loadDataset } from './load.ts'
export {
  EVALUATION_REPOSITORIES,
  isEvaluationHistory,
  isEvaluationRepository,
  repositoryIdentity,
} from './repositories.ts'
