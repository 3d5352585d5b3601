import type { ErrorCode, FuseSearchError } from '../../core/index.ts'
import { dataBlocks, quoted } from './data.ts'
import type { LocateOutput, SearchOutput } from './schemas.ts'

/**
 * The text form of a localization: our own words and numbers, with all repository text in quotes or blocks. It is only
 * a little longer than the JSON form.
 */
export function renderLocate(output: LocateOutput): string {
  const { budget, confidence, files, notices, omitted, omittedSource, repository, stats, trajectory } = output
  const { block, preface } = dataBlocks(files.flatMap(({ snippets }) => snippets.map(({ text }) => text)))
  const cost = `${stats.turns} turns, ${stats.calls} calls, ${stats.ms} ms`
  const rest = omittedSource.map(({ path, startLine, endLine }) => `source of ${quoted(path)} ${startLine}-${endLine}`)
  return [
    files.length === 0
      ? `No place found in ${quoted(repository)}. Name an identifier, a message or a path of the code in the issue.`
      : `Repository ${quoted(repository)}, confidence ${confidence.toFixed(2)} (${cost})`,
    preface,
    ...files.flatMap((file) => fileRows(file, block)),
    ...bulleted('Notices', notices.map(quoted)),
    ...bulleted('Left out', [...omitted, ...rest]),
    `Trajectory: ${trajectory}`,
    `Budget: ${budget.usedTokens} of ${budget.tokens} tokens.`,
  ].join('\n')
}

type OutputFile = LocateOutput['files'][number]

function fileRows(
  { path, isAnswer, functions, evidence, commits, snippets }: OutputFile,
  block: (text: string) => string,
) {
  return [
    '',
    isAnswer ? quoted(path) : `${quoted(path)} (also likely)`,
    ...functions.map(({ name, startLine, endLine }) => `  ${startLine}-${endLine} ${quoted(name)}`),
    ...evidence.map(
      ({ startLine, endLine, reason, text }) => `  ${linesOf(startLine, endLine)}, ${quoted(reason)}: ${quoted(text)}`,
    ),
    ...commits.map(({ id, date, reason, text }) => `  commit ${id} of ${date}, ${quoted(reason)}: ${quoted(text)}`),
    ...snippets.map(({ startLine, endLine, text }) => `  ${linesOf(startLine, endLine)}:\n${block(text)}`),
  ]
}

function linesOf(startLine: number, endLine: number): string {
  return startLine === endLine ? `line ${startLine}` : `lines ${startLine}-${endLine}`
}

/** The text form of a turn of calls, with each call's result as a block. */
export function renderSearch({ results, omitted }: SearchOutput): string {
  const { block, preface } = dataBlocks(results.map(({ text }) => text))
  const rows = results.map(
    ({ tool, ok, text }, index) => `[${index + 1}] ${quoted(tool)}${ok ? '' : ' failed'}\n${block(text)}`,
  )
  return [preface, ...rows, ...bulleted('Left out', omitted)].join('\n')
}

/** Failures whose message contains only our words and the client's input. Others may quote a program about a file. */
const OWN_WORDS: readonly ErrorCode[] = [
  'bad-argument',
  'bad-issue',
  'busy-folder',
  'repository-missing',
  'repository-unreadable',
  'rg-missing',
]

/** The text of a request that failed. */
export function renderFailure({ code, message }: FuseSearchError): string {
  if (OWN_WORDS.includes(code)) return message
  const { block, preface } = dataBlocks([message])
  return [`The request failed: ${code}.`, preface, block(message)].join('\n')
}

function bulleted(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', `${title}:`, ...items.map((item) => `- ${item}`)]
}
