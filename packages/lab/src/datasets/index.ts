/**
 * datasets: instances of every known form, which repositories are the same, and the gold of an instance: what its fix
 * changed. Knows nothing of policies, answers or scores.
 */

export { EVALUATION_REPOSITORIES, isEvaluationRepository } from './evaluation-repositories.ts'
export { isEvaluationHistory } from './evaluation-roots.ts'
export { type Fix, type FixCommits, fixBetween, fixFromCommits, fixOf } from './gold/fix.ts'
export { extractGold, type Gold, type GoldFunction, type GoldRequest } from './gold/gold.ts'
export { type GoldAtBase, goldOf } from './gold/of-instance.ts'
export { isTestPath } from './gold/test-path.ts'
export { repositoryIdentity } from './identity.ts'
export { baseCommitOf, type DeclaredGold, type Instance } from './instance.ts'
export { type BadRow, type Dataset, describeBadRow, type LoadOptions, loadDataset } from './load.ts'
