import type { LocateOutput, SearchOutput } from './schemas.ts'

/** The text form of a localization; never longer than its JSON form by more than its few fixed words. */
export function renderLocate(output: LocateOutput): string {
  const { budget, confidence, files, notices, omitted, repository, stats } = output
  const cost = `${stats.turns} turns, ${stats.calls} calls, ${stats.ms} ms`
  return [
    files.length === 0
      ? `No place found in ${repository}. Name an identifier, a message or a path of the code in the issue.`
      : `Repository ${repository}, confidence ${confidence.toFixed(2)} (${cost})`,
    ...files.flatMap(fileRows),
    ...bulleted('Notices', notices),
    ...bulleted('Left out', omitted),
    `Budget: ${budget.usedTokens} of ${budget.tokens} tokens.`,
  ].join('\n')
}

function fileRows({ path, isAnswer, functions, evidence, snippets }: LocateOutput['files'][number]): string[] {
  return [
    '',
    isAnswer ? path : `${path} (also likely)`,
    ...functions.map(({ name, startLine, endLine }) => `  ${startLine}-${endLine} ${name}`),
    ...evidence.map(({ startLine, reason, text }) => `  line ${startLine}, ${reason}: ${text}`),
    ...snippets.map(({ startLine, endLine, text }) => `  lines ${startLine}-${endLine}:\n${text}`),
  ]
}

/** The text form of a turn of calls. */
export function renderSearch({ results, omitted }: SearchOutput): string {
  const rows = results.map(({ tool, ok, text }, index) => `[${index + 1}] ${tool}${ok ? '' : ' failed'}\n${text}`)
  return [...rows, ...bulleted('Left out', omitted)].join('\n')
}

function bulleted(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', `${title}:`, ...items.map((item) => `- ${item}`)]
}
