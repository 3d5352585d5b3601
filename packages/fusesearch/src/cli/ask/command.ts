import type { Command } from 'commander'
import { type AskResult, ask, DEFAULT_SNIPPET_TOKENS } from '../../ask/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { ENCODER_HELP, openEncoderOf } from '../encoder/open.ts'
import { gather, wholeNumber } from '../options.ts'
import { addPlaceFlags, type PlaceFlags, placeOf, printNotices } from '../place-flags.ts'
import { readQuestion } from '../read-issue.ts'
import { toShownJson, toShownText } from '../render/shown-text.ts'
import { renderSnippets } from '../render/snippets.ts'
import { styleOf } from '../render/style.ts'

const HELP_AFTER = `
Examples:
  $ fusesearch ask "how is a session renewed?"
  $ fusesearch ask where are coupons checked --repo ../shop --tokens 8000
  $ fusesearch ask --list "what reads the config file?" -g '!tests/**'

Prints a reading list, best first: path:start-end kind name, the reason, and then the code as Markdown.
Exit codes: 0 found, 1 nothing found, 2 an error.`

interface AskFlags extends PlaceFlags {
  readonly limit: number
  readonly tokens: number
  readonly list?: boolean
  readonly encoder?: string
  readonly glob: readonly string[]
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addPlaceFlags(command.argument('[question...]', 'your question; - or none reads standard input'))
    .option('-n, --limit <n>', 'places to show', wholeNumber(1), 5)
    .option('--tokens <n>', 'tokens for the code of the places', wholeNumber(0), DEFAULT_SNIPPET_TOKENS)
    .option('--encoder <name>', ENCODER_HELP)
    .option('--list', 'print only the places, one per line')
    .option('-g, --glob <pattern>', 'search only matching files; !PATTERN excludes files; repeatable', gather, [])
    .addHelpText('after', HELP_AFTER)
    .action(action((words: string[], flags: AskFlags) => runAsk(words, flags, terminal)))
}

async function runAsk(words: readonly string[], flags: AskFlags, terminal: Terminal): Promise<ExitCode> {
  const question = await readQuestion(words.length === 0 ? undefined : words.join(' '), terminal)
  const { glob: globs, limit, list, tokens } = flags
  const encoder = await openEncoderOf(flags.encoder, terminal)
  const place = await placeOf(flags, terminal)
  const result = await ask({ ...place, question, limit, globs, tokens: list ? 0 : tokens, encoder }).finally(() =>
    encoder?.close(),
  )
  if (flags.json) terminal.stdout.write(`${toShownJson(result, 2)}\n`)
  else print(result, flags, terminal)
  return result.places.length > 0 ? 0 : 1
}

function print({ places, notices }: AskResult, flags: AskFlags, terminal: Terminal): void {
  const { colors } = styleOf(terminal)
  for (const { path, startLine, endLine, kind, name, reason } of places) {
    const place = `${colors.cyan(toShownText(path))}:${colors.green(`${startLine}-${endLine}`)}`
    const what = name === '' ? '' : ` ${colors.dim(kind)} ${colors.bold(toShownText(name))}`
    const why = flags.list || reason === '' ? '' : `\n  ${colors.dim(toShownText(reason))}`
    terminal.stdout.write(`${place}${what}${why}\n`)
  }
  const snippets = places.flatMap(({ snippet, ...place }) => (snippet === undefined ? [] : [{ ...place, ...snippet }]))
  if (snippets.length > 0) terminal.stdout.write(`\n${renderSnippets(snippets)}`)
  const nothing = places.length === 0 ? ['No place found. Use a word from the code in the question.'] : []
  printNotices([...notices, ...nothing], flags, terminal)
}
