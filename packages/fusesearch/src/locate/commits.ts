import type { TurnRecord } from '../agent/index.ts'
import { type HistoryCommit, type HistoryObservation, termsOfText } from '../search/index.ts'
import { askedBy } from './evidence.ts'
import type { LocatedCommit, LocatedFunction } from './result.ts'

/** Maximum number of commits per file. */
const MAX_COMMITS = 2
/** A commit with a lower share of its call's best score is ignored. */
const MIN_NEARNESS = 0.5
/** A commit that changed more paths says little about each file. */
const MAX_CHANGED = 30
const MAX_WORDS = 4

/** A file of the answer as the searched tree has it. */
interface AnsweredPlace {
  readonly path: string
  readonly functions: readonly LocatedFunction[]
}

/** The earlier commits that support a file, by the calls that showed them; best first. */
export function commitsFor(file: AnsweredPlace, turns: readonly TurnRecord[]): readonly LocatedCommit[] {
  const found = turns.flatMap(({ calls, observations }) =>
    observations.flatMap((observation, index): Speaking[] => {
      const call = calls[index]
      if (call === undefined || !observation.ok || observation.tool !== 'history') return []
      return speakingIn(observation, file, new Set(termsOfText(askedBy(call))))
    }),
  )
  const best = found.sort((a, b) => b.nearness - a.nearness)
  const distinct = best.filter(({ told }, index) => best.findIndex((other) => other.told.id === told.id) === index)
  return distinct.slice(0, MAX_COMMITS).map(({ told }) => told)
}

interface Speaking {
  readonly nearness: number
  readonly told: LocatedCommit
}

function speakingIn(observation: HistoryObservation, file: AnsweredPlace, asked: ReadonlySet<string>): Speaking[] {
  const top = Math.max(Number.EPSILON, ...observation.commits.map(({ score }) => score))
  return observation.commits.flatMap((commit): Speaking[] => {
    const { changed, date, id, paths, score, subject } = commit
    const nearness = score / top
    if (!paths.includes(file.path) || nearness < MIN_NEARNESS || (changed ?? 0) > MAX_CHANGED) return []
    return [{ nearness, told: { id, date, subject, reason: reasonOf(commit, { observation, file, asked }) } }]
  })
}

interface Why {
  readonly observation: HistoryObservation
  readonly file: AnsweredPlace
  readonly asked: ReadonlySet<string>
}

/** The words that its subject shares with the issue, and the answer's functions in which it wrote lines. */
function reasonOf({ id, subject }: HistoryCommit, { observation, file, asked }: Why): string {
  const words = (subject.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? []).filter((word) =>
    termsOfText(word).some((term) => asked.has(term)),
  )
  const lines = observation.paths.find(({ path }) => path === file.path)?.lines ?? []
  const functions = file.functions.filter(({ startLine, endLine }) =>
    lines.some((range) => range.commit === id && range.startLine <= endLine && range.endLine >= startLine),
  )
  const said = [...new Set(words)].slice(0, MAX_WORDS).join(', ')
  return [
    said === '' ? 'its message has words of the issue' : `mentions ${said}`,
    functions.length === 0 ? 'changed this file' : `changed ${functions.map(({ name }) => name).join(', ')}`,
  ].join('; ')
}
