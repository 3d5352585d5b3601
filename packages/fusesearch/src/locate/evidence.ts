import type { AnsweredFile, Evidence, TurnRecord } from '../agent/index.ts'
import { type Call, historyPaths, type Observation, type ShownLine } from '../search/index.ts'
import type { LocatedEvidence } from './result.ts'

/** Maximum UTF-16 units of a line of evidence, and of its call's pattern; the trajectory has both in full. */
const MAX_EVIDENCE_TEXT = 200

/**
 * The evidence of a file, completed from the calls that it names. Evidence for lines that its call didn't show is
 * dropped; if none is left, the first call that showed the file is used.
 */
export function fillEvidence(file: AnsweredFile, turns: readonly TurnRecord[]): readonly LocatedEvidence[] {
  const filled = file.evidence.flatMap((evidence) => fillOne(evidence, file.path, turns))
  return filled.length > 0 ? filled : firstShowing(file.path, turns)
}

/** The call's pattern or path, shortened. */
export function askedBy(call: Call): string {
  switch (call.tool) {
    case 'grep':
      return call.arguments.pattern
    case 'glob':
      return call.arguments.patterns.join(' ')
    case 'read_file': {
      const { path, startLine, endLine } = call.arguments
      const range = startLine === undefined && endLine === undefined ? '' : `:${startLine ?? 1}-${endLine ?? ''}`
      return `${path}${range}`
    }
    case 'history':
      return call.arguments.query
  }
}

/** The lines of a file that an observation shows; undefined when it doesn't show the file, empty when by path only. */
export function linesShown(observation: Observation, path: string): readonly ShownLine[] | undefined {
  if (!observation.ok) return undefined
  switch (observation.tool) {
    case 'read_file':
      return observation.path === path ? observation.lines : undefined
    case 'glob':
      return observation.paths.includes(path) ? [] : undefined
    case 'history':
      return historyPaths(observation).has(path) ? [] : undefined
    case 'grep':
      if (observation.mode === 'content') return observation.files.find((file) => file.path === path)?.lines
      if (observation.mode === 'paths') return observation.paths.includes(path) ? [] : undefined
      return observation.counts.some((count) => count.path === path) ? [] : undefined
  }
}

function fillOne(evidence: Evidence, path: string, turns: readonly TurnRecord[]): LocatedEvidence[] {
  const turn = turns[evidence.turn - 1]
  const call = turn?.calls[evidence.call]
  const observation = turn?.observations[evidence.call]
  if (call === undefined || observation === undefined) return []
  const shown = linesShown(observation, path)
  if (shown === undefined) return []
  const { startLine, endLine } = evidence
  const first = shown.find(({ line }) => line >= startLine && line <= endLine)
  if (shown.length > 0 && first === undefined) return []
  return [{ ...evidence, tool: call.tool, asked: askedBy(call).slice(0, MAX_EVIDENCE_TEXT), text: textOf(first) }]
}

function firstShowing(path: string, turns: readonly TurnRecord[]): LocatedEvidence[] {
  for (const { turn, calls, observations } of turns) {
    for (const [index, call] of calls.entries()) {
      const observation = observations[index]
      const shown = observation && linesShown(observation, path)
      const first = shown?.[0]
      if (first === undefined) continue
      const lines = { startLine: first.line, endLine: shown?.at(-1)?.line ?? first.line }
      const where = { turn, call: index, tool: call.tool, asked: askedBy(call).slice(0, MAX_EVIDENCE_TEXT) }
      return [{ ...where, ...lines, reason: 'shown by this call', text: textOf(first) }]
    }
  }
  return []
}

function textOf(line: ShownLine | undefined): string {
  return line?.text.trim().slice(0, MAX_EVIDENCE_TEXT) ?? ''
}
