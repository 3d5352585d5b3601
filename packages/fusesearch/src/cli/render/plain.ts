import type { LocatedFile, LocateResult } from '../../locate/index.ts'
import { toShownText } from './shown-text.ts'

/**
 * The answer for a pipe, one place per line, best first: `path:start-end name`, or `path:start-end` (the lines of the
 * evidence) or `path` for a file without functions. Then, separated by tabs: `answer` or, for the `top` files of the
 * ranking that follow, `candidate`; and the confidence of the answer or the score of the candidate.
 */
export function renderPlain(result: LocateResult, top: number): string {
  const committed = result.files.flatMap(fileLines)
  const known = new Set(result.files.map(({ path }) => path))
  const others = result.candidates.files.filter(({ path }) => !known.has(path)).slice(0, top)
  const lines = [
    ...committed.map((place) => `${place}\tanswer\t${result.confidence.toFixed(2)}`),
    ...others.flatMap(({ path, score }) =>
      candidateLines(path, result).map((place) => `${place}\tcandidate\t${score.toFixed(2)}`),
    ),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function fileLines({ path, functions, evidence }: LocatedFile): string[] {
  if (functions.length > 0) return functions.map((named) => placeLine(path, named))
  const [first] = evidence
  return [first === undefined || first.startLine < 1 ? toShownText(path) : placeLine(path, first)]
}

function candidateLines(path: string, { candidates }: LocateResult): string[] {
  const functions = candidates.functions.filter((named) => named.path === path)
  return functions.length > 0 ? functions.map((named) => placeLine(path, named)) : [toShownText(path)]
}

function placeLine(path: string, place: { startLine: number; endLine: number; name?: string }): string {
  const name = place.name === undefined ? '' : ` ${toShownText(place.name)}`
  return `${toShownText(path)}:${place.startLine}-${place.endLine}${name}`
}
