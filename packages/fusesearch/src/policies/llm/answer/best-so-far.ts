import type { Knowledge, SeenFile } from '../knowledge.ts'

const TEST = /(?:^|\/)(?:tests?|testing|e2e|__tests__)\/|(?:^|\/)test_[^/]*$|[._](?:test|spec)\.[^/]*$/
const NO_CODE = /\.(?:md|rst|txt|json|ya?ml|toml|lock|cfg|ini|csv|html|css)$/

/**
 * The files of a run by what was seen of them: what was read counts most, since the model chose it, then matches; tests
 * and texts come last. For the ranking behind an answer, and for the answer where the model gave none.
 */
export function rankSeen(knowledge: Knowledge): readonly SeenFile[] {
  return [...knowledge.files.values()].toSorted((a, b) => weight(b) - weight(a) || (a.path < b.path ? -1 : 1))
}

function weight({ path, reads, matches, sightings }: SeenFile): number {
  const seen = (reads > 0 ? 10 : 0) + Math.min(matches, 20) / 4 + Math.min(sightings.length, 5)
  return seen / (TEST.test(path) || NO_CODE.test(path) ? 20 : 1)
}
