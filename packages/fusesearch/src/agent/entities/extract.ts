import type {
  GrepContentObservation,
  GrepObservation,
  Observation,
  ReadFileObservation,
  ShownLine,
} from '../../search/index.ts'
import { historyPaths } from '../../search/index.ts'
import { blockOf, type Entity, pathEntity, readEntity, seenEntity } from './entity.ts'

/** What one observation shows. */
export interface ExtractedEntities {
  /** E_i (arXiv 2601.19568 §3): the entities by which the call is scored. Empty for a failure and for an empty result. */
  readonly revealed: ReadonlySet<Entity>
  /** Entities that become known without being scored: the paths named, and for each block read, the block as seen. */
  readonly alsoMarked: ReadonlySet<Entity>
}

/** Extracts the entities that an observation shows. What a limit cut off isn't in the observation, so it doesn't count. */
export function extractEntities(observation: Observation): ExtractedEntities {
  if (!observation.ok) return { revealed: new Set(), alsoMarked: new Set() }
  if (observation.tool === 'glob') return ofPaths(observation.paths)
  if (observation.tool === 'history') return ofPaths([...historyPaths(observation)])
  return observation.tool === 'grep' ? ofGrep(observation) : ofRead(observation)
}

function ofGrep(observation: GrepObservation): ExtractedEntities {
  if (observation.mode === 'content') return ofContent(observation)
  return ofPaths(observation.mode === 'paths' ? observation.paths : observation.counts.map(({ path }) => path))
}

function ofPaths(paths: readonly string[]): ExtractedEntities {
  return { revealed: new Set(paths.map(pathEntity)), alsoMarked: new Set() }
}

/** Context lines don't count; a file that is shown by context lines alone (its match was cut off) is still named. */
function ofContent({ files }: GrepContentObservation): ExtractedEntities {
  const revealed = new Set<Entity>()
  for (const { path, lines } of files) {
    for (const block of blocksOf(lines.filter(({ isMatch }) => isMatch))) revealed.add(seenEntity(path, block))
  }
  return { revealed, alsoMarked: new Set(files.map(({ path }) => pathEntity(path))) }
}

function ofRead({ path, lines }: ReadFileObservation): ExtractedEntities {
  const blocks = [...blocksOf(lines)]
  const revealed = new Set(blocks.map((block) => readEntity(path, block)))
  return { revealed, alsoMarked: new Set([pathEntity(path), ...blocks.map((block) => seenEntity(path, block))]) }
}

/** Collects blocks before it makes their names: a result has thousands of lines but few blocks. */
function blocksOf(lines: readonly ShownLine[]): ReadonlySet<number> {
  return new Set(lines.map(({ line }) => blockOf(line)))
}
