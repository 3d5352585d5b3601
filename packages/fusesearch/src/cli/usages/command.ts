import { type Command, Option } from 'commander'
import {
  DEFAULT_USAGES,
  findUsages,
  OCCURRENCE_KINDS,
  USE_KINDS,
  type UsagesOptions,
  type UsagesResult,
} from '../../ask/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { wholeNumber } from '../options.ts'
import { addPlaceFlags, type PlaceFlags, placeOf, printNotices } from '../place-flags.ts'
import { toShownJson, toShownText } from '../render/shown-text.ts'
import { styleOf } from '../render/style.ts'

const HELP_AFTER = `
Examples:
  $ fusesearch usages apply_discount
  $ fusesearch usages apply_discount --kind use comment --path src
  $ fusesearch usages Cart --json

Each line is a usage: path:line:column kind (the function around it) text
Kinds: use and import (code), mention (a file without a grammar), definition, comment, string
Exit codes: 0 found, 1 none, 2 an error.`

interface UsagesFlags extends PlaceFlags {
  readonly kind: NonNullable<UsagesOptions['kinds']>
  readonly limit: number
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addPlaceFlags(command.argument('<name>', 'a name; of a qualified name, the last part is searched'))
    .addOption(
      new Option('--kind <kind...>', 'which occurrences to show')
        .choices([...OCCURRENCE_KINDS])
        .default([...USE_KINDS]),
    )
    .option('-n, --limit <n>', 'usages to show', wholeNumber(1), DEFAULT_USAGES)
    .addHelpText('after', HELP_AFTER)
    .action(action((name: string, flags: UsagesFlags) => runUsages(name, flags, terminal)))
}

async function runUsages(name: string, flags: UsagesFlags, terminal: Terminal): Promise<ExitCode> {
  const { kind: kinds, limit } = flags
  const result = await findUsages({ ...(await placeOf(flags, terminal)), name, kinds, limit })
  if (flags.json) terminal.stdout.write(`${toShownJson(result, 2)}\n`)
  else print(result, flags, terminal)
  return result.usages.length > 0 ? 0 : 1
}

function print(result: UsagesResult, flags: UsagesFlags, terminal: Terminal): void {
  const { usages, counts, omitted, suggestions, notices } = result
  const { colors } = styleOf(terminal)
  for (const { path, line, column, kind, inside, text } of usages) {
    const place = `${colors.cyan(toShownText(path))}:${colors.green(`${line}:${column}`)}`
    const around = inside === undefined ? '' : ` ${colors.dim(`(${toShownText(inside)})`)}`
    terminal.stdout.write(`${place} ${colors.dim(kind)}${around} ${toShownText(text)}\n`)
  }
  const others = OCCURRENCE_KINDS.filter((kind) => !flags.kind.includes(kind) && counts[kind] > 0)
  const left = others.map((kind) => `${counts[kind]} ${kind}`).join(', ')
  const near = suggestions.length === 0 ? [] : [`Similar names: ${suggestions.join(', ')}`]
  printNotices(
    [
      ...notices,
      ...(omitted === 0 ? [] : [`${omitted} more usages; --limit shows them.`]),
      ...(usages.length === 0 ? ['No usage found.', ...near] : []),
      ...(left === '' ? [] : [`Not shown: ${left}; --kind shows them.`]),
    ],
    flags,
    terminal,
  )
}
