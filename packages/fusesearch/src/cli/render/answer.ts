import type { LocatedCommit, LocatedEvidence, LocatedFile, LocatedFunction, LocateResult } from '../../locate/index.ts'
import { fit, toShownText } from './shown-text.ts'
import { bar, duration, percent, plural, type Style } from './style.ts'

const SCORE_BAR_COLUMNS = 10
/** Bar, score and the gaps around them. */
const SCORE_COLUMNS = SCORE_BAR_COLUMNS + 8
const MAX_EVIDENCE_SHOWN = 3
/** Default number of candidates, and the share of the best score below which none is shown. */
const DEFAULT_CANDIDATES = 5
const MIN_CANDIDATE_SHARE = 0.02
/** A shorter reason is useless. */
const MIN_REASON_COLUMNS = 12
const CONFIDENCE_DOTS = 5
/** Columns reserved for a place beside a long name. */
const MIN_PLACE_COLUMNS = 24
/** Characters of a commit's hash, at least as many as git shows. */
const COMMIT_CHARACTERS = 8

/** The answer for a terminal; `top` is the number of files of the ranking below the committed answer. */
export function renderAnswer(result: LocateResult, style: Style, top?: number): string {
  const best = Math.max(...[...result.files, ...result.candidates.files].map(({ score }) => score), Number.MIN_VALUE)
  const context = { style, best }
  const lines = [
    '',
    ...(result.files.length === 0 ? [`  ${style.colors.bold('No place found.')}`, ''] : []),
    ...result.files.flatMap((file) => [...fileLines(file, context), '']),
    ...alsoPossible(result, context, top),
    ...summaryLines(result, style),
    ...result.notices.map((notice) => `  ${style.colors.yellow('!')} ${toShownText(notice)}`),
  ]
  return `${lines.join('\n')}\n`
}

interface Context {
  readonly style: Style
  /** The highest score, which fills a bar. */
  readonly best: number
}

function fileLines(file: LocatedFile, context: Context): string[] {
  const { style } = context
  const columns = style.width - SCORE_COLUMNS - 2
  const line = file.functions[0]?.startLine ?? file.evidence[0]?.startLine ?? 0
  const { gap, text } = placeText(file.path, [line, line], columns)
  return [
    `  ${style.link(style.colors.bold(style.colors.cyan(text)), file.path, line)}${gap}${scoreBar(file.score, context)}`,
    ...file.functions.map((named) => functionLine(file.path, named, context)),
    ...distinctLines(file.evidence)
      .slice(0, MAX_EVIDENCE_SHOWN)
      .map((evidence) => evidenceLine(evidence, style)),
    ...file.commits.map((commit) => commitLine(commit, style)),
  ]
}

/** The first and the last. */
type Lines = readonly [first: number, last: number]

/**
 * `path:line`, which editors and terminals open, within the columns; the end of a path is more specific than its start.
 */
function placeText(path: string, at: Lines, columns: number): { text: string; gap: string } {
  const lines = linesText(at)
  const text = `${fit(toShownText(path), columns - lines.length, 'start')}${lines}`
  return { text, gap: ' '.repeat(Math.max(0, columns - text.length)) }
}

function linesText([first, last]: Lines): string {
  if (first < 1) return ''
  return first === last ? `:${first}` : `:${first}–${last}`
}

function functionLine(path: string, { name, startLine, endLine, score }: LocatedFunction, context: Context): string {
  const { colors, link, width } = context.style
  const columns = width - SCORE_COLUMNS - 4
  // The lines are never cut; in a narrow terminal the name is shortened.
  const placeColumns = Math.max(linesText([startLine, endLine]).length + 1, Math.min(MIN_PLACE_COLUMNS, columns >> 1))
  const shown = fit(toShownText(name), columns - placeColumns - 2)
  const { gap, text } = placeText(path, [startLine, endLine], columns - shown.length - 2)
  return `    ${colors.bold(shown)}  ${link(colors.green(text), path, startLine)}${gap}${scoreBar(score, context)}`
}

/** Several calls may have shown a line; it is printed once. */
function distinctLines(evidence: readonly LocatedEvidence[]): readonly LocatedEvidence[] {
  return evidence.filter(
    ({ startLine }, index) => evidence.findIndex((other) => other.startLine === startLine) === index,
  )
}

/** The line first; its reason in the remaining columns. */
function evidenceLine({ startLine, endLine, reason, text }: LocatedEvidence, { colors, width }: Style): string {
  const lines = startLine === endLine ? `${startLine}` : `${startLine}–${endLine}`
  const room = width - 10 - lines.length
  const shown = fit(toShownText(text), room)
  const left = room - shown.length - 2
  const why = left < MIN_REASON_COLUMNS && shown !== '' ? '' : fit(toShownText(reason), left)
  return `      ${colors.dim(lines)}  ${shown}${shown === '' ? '' : '  '}${colors.dim(why)}`.trimEnd()
}

/** A commit that supports the file: its subject, and its reason in the remaining columns. */
function commitLine({ id, date, subject, reason }: LocatedCommit, { colors, width }: Style): string {
  const name = `${id.slice(0, COMMIT_CHARACTERS)} ${date}`
  const room = width - 10 - name.length
  const shown = fit(toShownText(subject), room)
  const left = room - shown.length - 2
  const why = left < MIN_REASON_COLUMNS ? '' : fit(toShownText(reason), left)
  return `      ${colors.dim(name)}  ${shown}  ${colors.dim(why)}`.trimEnd()
}

function scoreBar(score: number, { best, style }: Context): string {
  const filled = bar(score / best, SCORE_BAR_COLUMNS)
  return `  ${style.colors.cyan(filled)} ${style.colors.dim(score.toFixed(2).padStart(5))}`
}

function alsoPossible(result: LocateResult, context: Context, top: number | undefined): string[] {
  const committed = new Set(result.files.map(({ path }) => path))
  const minScore = top === undefined ? context.best * MIN_CANDIDATE_SHARE : Number.NEGATIVE_INFINITY
  const others = result.candidates.files
    .filter(({ path, score }) => !committed.has(path) && score >= minScore)
    .slice(0, top ?? DEFAULT_CANDIDATES)
  if (others.length === 0) return []
  const { colors, link, width } = context.style
  const columns = width - SCORE_COLUMNS - 4
  const rows = others.map(({ path, score }) => {
    const functions = result.candidates.functions.filter((named) => named.path === path)
    const line = functions[0]?.startLine ?? 0
    const { text } = placeText(path, [line, line], columns)
    const all = functions.map(({ name }) => toShownText(name)).join(', ')
    const names = fit(all === '' ? '' : `  ${all}`, columns - text.length)
    const gap = ' '.repeat(Math.max(0, columns - text.length - names.length))
    return `    ${link(text, path, line)}${colors.dim(names)}${gap}${scoreBar(score, context)}`
  })
  return [`  ${colors.dim('also possible, not part of the answer')}`, ...rows, '']
}

function summaryLines({ confidence, stats }: LocateResult, { colors, width }: Style): string[] {
  const dots = Math.round(confidence * CONFIDENCE_DOTS)
  const meter = colors.cyan('●'.repeat(dots)) + colors.dim('○'.repeat(CONFIDENCE_DOTS - dots))
  const sure = `${percent(confidence)} sure`
  const efficiency = stats.efficiency === null ? [] : [`efficiency ${percent(stats.efficiency)}`]
  const facts = [plural(stats.turns, 'turn'), plural(stats.calls, 'call'), ...efficiency, duration(stats.ms.total)]
  const cost = facts.join(' · ')
  const isOneLine = 2 + CONFIDENCE_DOTS + 1 + sure.length + 2 + cost.length <= width
  if (isOneLine) return [`  ${meter} ${sure}  ${colors.dim(cost)}`]
  return [`  ${meter} ${sure}`, `  ${colors.dim(fit(cost, width - 2))}`]
}
