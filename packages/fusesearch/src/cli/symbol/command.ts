import { type Command, Option } from 'commander'
import { DEFAULT_SYMBOLS, findSymbols, type SymbolKind, type SymbolsResult } from '../../ask/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { wholeNumber } from '../options.ts'
import { addPlaceFlags, type PlaceFlags, placeOf, printNotices } from '../place-flags.ts'
import { toShownJson, toShownText } from '../render/shown-text.ts'
import { styleOf } from '../render/style.ts'

const HELP_AFTER = `
Examples:
  $ fusesearch symbol Cart.total
  $ fusesearch symbol total --kind function --path src
  $ fusesearch symbol Cart --repo ../shop --rev v1.4.0 --json

Each line is a definition: path:start-end kind name
Exit codes: 0 found, 1 none, 2 an error.`

interface SymbolFlags extends PlaceFlags {
  readonly kind?: readonly SymbolKind[]
  readonly ignoreCase?: boolean
  readonly limit: number
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addPlaceFlags(
    command.argument('<name>', 'a name, or the last part of a qualified name: total, Cart.total, Cart::total'),
  )
    .addOption(
      new Option('--kind <kind...>', 'kinds of definitions to show (default: all)').choices([
        'class',
        'function',
        'block',
      ]),
    )
    .option('-i, --ignore-case', 'ignore case')
    .option('-n, --limit <n>', 'definitions to show', wholeNumber(1), DEFAULT_SYMBOLS)
    .addHelpText('after', HELP_AFTER)
    .action(action((name: string, flags: SymbolFlags) => runSymbol(name, flags, terminal)))
}

async function runSymbol(name: string, flags: SymbolFlags, terminal: Terminal): Promise<ExitCode> {
  const { ignoreCase, kind, limit } = flags
  const result = await findSymbols({
    ...(await placeOf(flags, terminal)),
    name,
    ...(kind === undefined ? {} : { kinds: kind }),
    ...(ignoreCase === undefined ? {} : { ignoreCase }),
    limit,
  })
  if (flags.json) terminal.stdout.write(`${toShownJson(result, 2)}\n`)
  else print(result, flags, terminal)
  return result.symbols.length > 0 ? 0 : 1
}

function print(
  { symbols, omitted, suggestions, notices }: SymbolsResult,
  flags: SymbolFlags,
  terminal: Terminal,
): void {
  const { colors } = styleOf(terminal)
  for (const { path, startLine, endLine, kind, name } of symbols) {
    const place = `${colors.cyan(toShownText(path))}:${colors.green(`${startLine}-${endLine}`)}`
    terminal.stdout.write(`${place} ${colors.dim(kind)} ${colors.bold(toShownText(name))}\n`)
  }
  const more = omitted === 0 ? [] : [`${omitted} more definitions; --limit shows them.`]
  const near = suggestions.length === 0 ? [] : [`Similar names: ${suggestions.join(', ')}`]
  printNotices(
    [...notices, ...more, ...(symbols.length === 0 ? ['No definition found.', ...near] : [])],
    flags,
    terminal,
  )
}
