import type { Answer, AnsweredFile, AnsweredFunction, Evidence } from '../../../agent/index.ts'
import type { Knowledge, SeenFile, Sighting } from '../knowledge.ts'
import { resolvePath } from '../paths.ts'
import { definitionsSeen, resolveFunction } from './definitions.ts'
import type { NamedAnswer, NamedFile } from './read-answer.ts'

/** An answer in the loop's form, and what was changed to get it. */
export interface ComposedAnswer {
  readonly answer: Answer
  readonly notes: readonly string[]
  /** Paths that no call of the run showed or suggested. */
  readonly unseen: readonly string[]
}

const MAX_CANDIDATE_FILES = 10
const MAX_CANDIDATE_FUNCTIONS = 20
const MAX_EVIDENCE = 6
/** Confidence of a model's answer. The model's own claim is useless, since small models are always sure. */
const UNKNOWN_CONFIDENCE = 0.5
/** Most files of an answer that the model did not give itself; most fixes change one file. */
const MAX_GUESSED_FILES = 1
/** Confidence of such an answer. */
const GUESS_CONFIDENCE = 0.1

/** Makes an answer from what a model named, with paths and names as the run saw them and the calls that showed them. */
export async function composeAnswer(named: NamedAnswer, knowledge: Knowledge): Promise<ComposedAnswer> {
  const notes: string[] = []
  const unseen: string[] = []
  const files = new Map<string, AnsweredFile>()
  for (const given of named.files) {
    const { path, isSeen } = resolvePath(given.path, knowledge.files)
    if (path !== given.path)
      notes.push(`The path ${JSON.stringify(given.path.slice(0, 200))} of the answer was read as ${path}.`)
    if (!isSeen && !knowledge.suggested.has(path)) unseen.push(path)
    const functions = await composeFunctions({ ...given, path }, knowledge.files.get(path), notes)
    const known = files.get(path)
    const score = round(1 / (1 + files.size))
    const all = mergeFunctions(known?.functions ?? [], functions)
    const shown = evidenceOf(knowledge.files.get(path), all)
    files.set(path, { path, score: known?.score ?? score, functions: all, evidence: shown })
  }
  return { answer: toAnswer([...files.values()], knowledge, UNKNOWN_CONFIDENCE), notes, unseen }
}

/**
 * The confidence in a model's first file, given the answer of a search without a model: higher if both name the same
 * file, else lower the more confident that search is in another file.
 */
export function confidenceIn({ files }: Answer, other: Answer | undefined): number {
  const [first] = files
  const [second] = other?.files ?? []
  if (first === undefined) return 0
  if (other === undefined || second === undefined) return UNKNOWN_CONFIDENCE
  const agree = other.files.some(({ path }) => path === first.path)
  return agree
    ? Math.max(UNKNOWN_CONFIDENCE, other.confidence)
    : Math.min(UNKNOWN_CONFIDENCE, round(1 - other.confidence))
}

/** The best answer from what was seen, for a model that gave none. Parses nothing, because it must be ready at once. */
export function guessAnswer(knowledge: Knowledge): Answer {
  const files = rankSeen(knowledge).slice(0, MAX_GUESSED_FILES)
  const answered = files.map((file) => ({ path: file.path, score: 1, functions: [], evidence: evidenceOf(file, []) }))
  return toAnswer(answered, knowledge, files.length === 0 ? 0 : GUESS_CONFIDENCE)
}

/** The answered files in the loop's form, with the run's other files as candidates. */
function toAnswer(files: readonly AnsweredFile[], knowledge: Knowledge, confidence: number): Answer {
  const answered = new Set(files.map(({ path }) => path))
  const others = rankSeen(knowledge).filter(({ path }) => !answered.has(path))
  const least = files.at(-1)?.score ?? 1
  const ranked = others.map(({ path }, index) => ({ path, score: round(least / (2 + index)) }))
  return {
    files,
    candidates: {
      files: [...files.map(({ path, score }) => ({ path, score })), ...ranked].slice(0, MAX_CANDIDATE_FILES),
      functions: files
        .flatMap(({ path, functions }) => functions.map((named) => ({ ...named, path })))
        .slice(0, MAX_CANDIDATE_FUNCTIONS),
    },
    confidence,
  }
}

async function composeFunctions(
  file: NamedFile,
  seen: SeenFile | undefined,
  notes: string[],
): Promise<readonly AnsweredFunction[]> {
  if (file.functions.length === 0) return []
  const definitions = await definitionsSeen(seen)
  return file.functions.map((named, index) => {
    const { repair, ...resolved } = resolveFunction(named, definitions)
    if (repair !== undefined) notes.push(`In ${file.path} ${repair}.`)
    return { ...resolved, score: round(1 / (1 + index)) }
  })
}

function mergeFunctions(
  known: readonly AnsweredFunction[],
  more: readonly AnsweredFunction[],
): readonly AnsweredFunction[] {
  const merged = new Map<string, AnsweredFunction>()
  for (const named of [...known, ...more]) {
    const key = `${named.name}\n${named.startLine}`
    if (!merged.has(key)) merged.set(key, named)
  }
  return [...merged.values()]
}

/** Calls that showed an answered function first, then the other calls that showed the file. */
function evidenceOf(seen: SeenFile | undefined, functions: readonly AnsweredFunction[]): readonly Evidence[] {
  if (seen === undefined) return []
  const holding = functions.flatMap(({ name, startLine, endLine }) => {
    const sighting = seen.sightings.findLast(
      (sight) => sight.startLine <= startLine && sight.endLine >= startLine && sight.tool !== 'glob',
    )
    if (sighting === undefined) return []
    return [evidence(sighting, { startLine, endLine: Math.min(endLine, sighting.endLine), reason: `shows ${name}` })]
  })
  const isUsed = ({ turn, call }: Sighting): boolean => holding.some((used) => used.turn === turn && used.call === call)
  const others = seen.sightings
    .filter((sight) => !isUsed(sight))
    .map((sight) => evidence(sight, { ...sight, reason: sight.tool === 'read_file' ? 'was read' : 'names the file' }))
  return [...holding, ...others].slice(0, MAX_EVIDENCE)
}

function evidence({ turn, call }: Sighting, lines: Pick<Evidence, 'startLine' | 'endLine' | 'reason'>): Evidence {
  return { turn, call, startLine: lines.startLine, endLine: lines.endLine, reason: lines.reason }
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}

const TEST = /(?:^|\/)(?:tests?|testing|e2e|__tests__)\/|(?:^|\/)test_[^/]*$|[._](?:test|spec)\.[^/]*$/
const NO_CODE = /\.(?:md|rst|txt|json|ya?ml|toml|lock|cfg|ini|csv|html|css)$/

/**
 * The files of a run, best first: files that the model chose to read, then files with matches; tests and texts last.
 */
export function rankSeen(knowledge: Knowledge): readonly SeenFile[] {
  return [...knowledge.files.values()].toSorted((a, b) => weight(b) - weight(a) || (a.path < b.path ? -1 : 1))
}

function weight({ path, reads, matches, sightings }: SeenFile): number {
  const seen = (reads > 0 ? 10 : 0) + Math.min(matches, 20) / 4 + Math.min(sightings.length, 5)
  return seen / (TEST.test(path) || NO_CODE.test(path) ? 20 : 1)
}
