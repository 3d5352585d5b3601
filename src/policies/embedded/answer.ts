import type { Answer, AnsweredFile, CandidateFunction, Evidence } from '../../agent/index.ts'
import type { KnownFile } from './knowledge.ts'
import { probabilities } from './probability.ts'
import type { RankedFunction } from './rank-functions.ts'
import type { Search } from './search.ts'

const MAX_CANDIDATE_FILES = 10
const MAX_CANDIDATE_FUNCTIONS = 20
const MAX_EVIDENCE = 6
/** A second entry joins the answer only when its chance comes this close to the first one's. */
const FILE_MARGIN = 0.8
const FUNCTION_MARGIN = 0.85
const MAX_FILES = 2
const MAX_FUNCTIONS = 3

/** The committed answer, short because most fixes are, and the ranking behind it. */
export function composeAnswer(search: Search): Answer {
  const files = search.files.slice(0, MAX_CANDIDATE_FILES)
  const chances = probabilities(files.map(({ score }) => score))
  const committed = files
    .slice(0, MAX_FILES)
    .filter((_, index) => (chances[index] ?? 0) >= FILE_MARGIN * (chances[0] ?? 0))
  const functions = scaledFunctions(search)
  const chosen = chooseFunctions(functions, new Set(committed.map(({ file }) => file)))
  return {
    files: committed.map(({ file }, index) => answeredFile(file, chances[index] ?? 0, chosen)),
    candidates: {
      files: files.map(({ file }, index) => ({ path: file.path, score: round(chances[index] ?? 0) })),
      functions: functions.slice(0, MAX_CANDIDATE_FUNCTIONS).map(toCandidate),
    },
    confidence: round(chances[0] ?? 0),
  }
}

interface Scaled {
  readonly ranked: RankedFunction
  readonly chance: number
}

function scaledFunctions(search: Search): readonly Scaled[] {
  const top = search.functions.slice(0, 50)
  const chances = probabilities(top.map(({ score }) => score))
  return top.map((ranked, index) => ({ ranked, chance: chances[index] ?? 0 }))
}

function chooseFunctions(functions: readonly Scaled[], files: ReadonlySet<KnownFile>): readonly Scaled[] {
  const inside = functions.filter(({ ranked }) => files.has(ranked.file))
  const first = inside[0]
  if (first === undefined) return []
  return inside.slice(0, MAX_FUNCTIONS).filter(({ chance }) => chance >= FUNCTION_MARGIN * first.chance)
}

function answeredFile(file: KnownFile, chance: number, functions: readonly Scaled[]): AnsweredFile {
  const own = functions.filter(({ ranked }) => ranked.file === file)
  return {
    path: file.path,
    score: round(chance),
    functions: own.map((scaled) => {
      const { path: _, ...rest } = toCandidate(scaled)
      return rest
    }),
    evidence: evidenceOf(file, own),
  }
}

function toCandidate({ ranked, chance }: Scaled): CandidateFunction {
  const { name, startLine, endLine } = ranked.definition
  return { path: ranked.file.path, name, startLine, endLine, score: round(chance) }
}

function evidenceOf(file: KnownFile, functions: readonly Scaled[]): readonly Evidence[] {
  const evidence: Evidence[] = file.defines.map(({ name, line, source }) => ({
    ...source,
    startLine: line,
    endLine: line,
    reason: `defines ${name}`,
  }))
  const { read } = file
  if (read !== undefined) {
    for (const { ranked } of functions) {
      const { startLine, endLine, name } = ranked.definition
      evidence.unshift({ ...read.source, startLine, endLine, reason: `${name} matches the issue's terms` })
    }
    if (functions.length === 0)
      evidence.push({ ...read.source, startLine: 1, endLine: read.lines.length, reason: 'read in full' })
  }
  return evidence.slice(0, MAX_EVIDENCE)
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
